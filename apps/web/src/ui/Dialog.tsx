import { Modal } from '@mantine/core';
import '@mantine/core/styles/CloseButton.css';
import '@mantine/core/styles/ModalBase.css';
import '@mantine/core/styles/Modal.css';
import '@mantine/core/styles/Overlay.css';
import '@mantine/core/styles/Paper.css';
import type { ReactNode } from 'react';
import { useTranslations } from 'use-intl';
import classes from './Dialog.module.css';

export interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** A dialog over the page; returns the focus to where it came from. Always loaded lazily, see LazyDialog. */
export default function Dialog({ title, onClose, children }: DialogProps) {
  const t = useTranslations('common');
  return (
    <Modal opened onClose={onClose} title={title} size="30rem" padding="lg" classNames={{ content: classes.content, header: classes.header, title: classes.title, body: classes.body, overlay: classes.overlay }} closeButtonProps={{ 'aria-label': t('close') }}>
      {children}
    </Modal>
  );
}
