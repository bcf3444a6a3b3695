// The rows of a picture as the zlib stream of a PNG. Each strip of rows is filtered by Up and written as one deflate
// block with Huffman codes of its own, so that strips depend on nothing but the row before them.
//
// Source: RFC 1950, RFC 1951, and PNG (third edition), 9 and 10.
export { dataAt } from './deflate/tables';
export { filterUp } from './deflate/filter';
export { writeBlock } from './deflate/block';
export { adler32 } from './deflate/adler32';
