/** An image or a model that cannot be used. `code` is the stable name of the kind of error, as in the wire form. */
export class UnmaskError extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}
