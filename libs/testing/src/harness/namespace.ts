import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { temporal } from '#temporal/protos.js';
import { SEARCH_ATTRIBUTES } from '#workflows/contracts/search-attributes.js';


/** Registers a Temporal namespace with the house's search attributes: a world of its own on a shared server, in some 20 ms. */
export async function createNamespace(address: string, namespace: string): Promise<void> {
  const connection = await Connection.connect({ address });
  try {
    await connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: msToTs('1 day') });
    const { IndexedValueType } = temporal.api.enums.v1;
    const types = { Keyword: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD, Bool: IndexedValueType.INDEXED_VALUE_TYPE_BOOL, Datetime: IndexedValueType.INDEXED_VALUE_TYPE_DATETIME };
    await connection.operatorService.addSearchAttributes({
      namespace, searchAttributes: Object.fromEntries(Object.entries(SEARCH_ATTRIBUTES).map(([name, type]) => [name, types[type]])),
    });
  } finally {
    await connection.close();
  }
}
