/** A file of which nothing can be used: it is cut off, of another form, or in another encoding. The message says where. */
export class UnusableFile extends Error {}
