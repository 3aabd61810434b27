import { ApiProperty } from '@nestjs/swagger';
import { Shape } from '../http/text.js';

/** How notices reach a phone beside the mail; `none` = not at all. */
export const NOTICE_CHANNELS = ['none', 'whatsapp', 'sms'] as const;
export type NoticeChannel = (typeof NOTICE_CHANNELS)[number];

export class PhoneCodeSentDto {
  @ApiProperty({ enum: ['whatsapp', 'sms'], description: 'How the code was sent.' }) channel!: 'whatsapp' | 'sms';
  @ApiProperty({ example: '+49 … 78', description: 'Where to, masked.' }) sentTo!: string;
  @ApiProperty({ format: 'date-time' }) expiresAt!: string;
}

export class ConfirmPhoneDto {
  @ApiProperty({ example: '123456' }) @Shape(/^\d{6}$/, 'code must be the six digits of the message.') code!: string;
}
