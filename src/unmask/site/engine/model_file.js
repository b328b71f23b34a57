/** The metadata of an ONNX file, read from its bytes: ONNX Runtime Web does not expose them. */

const METADATA_PROPS = 14;
const [VARINT, FIXED64, LENGTH, FIXED32] = [0, 1, 2, 5];

/** The fields of a protocol buffer message: `{field, start, end}` of each length-delimited one. */
function* fields(bytes, start, end) {
  let at = start;
  const varint = () => {
    let [value, shift] = [0, 1];
    for (;;) {
      const byte = bytes[at++];
      if (byte === undefined) throw new RangeError("the file ends inside a number");
      value += (byte & 127) * shift;
      if (byte < 128) return value;
      shift *= 128;
    }
  };
  while (at < end) {
    const key = varint();
    const [field, type] = [Math.floor(key / 8), key % 8];
    if (type === VARINT) varint();
    else if (type === FIXED64) at += 8;
    else if (type === FIXED32) at += 4;
    else if (type === LENGTH) {
      const length = varint();
      yield { field, start: at, end: at + length };
      at += length;
    } else throw new RangeError(`unknown field type ${type}`);
  }
}

/** The metadata of a model file, as an object of texts. Throws RangeError if the bytes are not an ONNX file. */
export function readMetadata(bytes) {
  const decoder = new TextDecoder();
  const found = {};
  for (const { field, start, end } of fields(bytes, 0, bytes.length)) {
    if (field !== METADATA_PROPS) continue;
    const pair = [...fields(bytes, start, end)].map((part) => decoder.decode(bytes.subarray(part.start, part.end)));
    found[pair[0]] = pair[1] ?? "";
  }
  return found;
}
