/** Version of this package; a test compares it with the manifest, which a worker cannot read. */
export const version: string = "0.1.0";
