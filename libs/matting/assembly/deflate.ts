// The rows of a picture as the zlib stream of a PNG. Each strip of rows is filtered by Sub and Up, and written as one deflate
// block with Huffman codes of its own, so that strips depend on nothing but the row before them.
//
// Source: RFC 1950, RFC 1951, and PNG (third edition), 9 and 10.
export { dataAt } from './deflate/tables';
export { adler32, filterRows } from './deflate/rows';
export { writeBlock } from './deflate/block';
