export type StorageOperation = 'open' | 'read' | 'write' | 'remove' | 'locate' | 'list' | 'measure';

/** The kind of fault: no room, read-only, no permission, or no proper answer. */
export type StorageFault = 'full' | 'readOnly' | 'refused' | 'unavailable';

type What = { readonly operation: StorageOperation; readonly kind: StorageFault };

/** A fault of the storage or its settings, never of a caller. It may pass. */
export class StorageError extends Error {
  override readonly name = 'StorageError';
  readonly operation: StorageOperation;
  readonly kind: StorageFault;

  constructor(message: string, { operation, kind }: What, options?: ErrorOptions) {
    super(message, options);
    this.operation = operation;
    this.kind = kind;
  }
}
