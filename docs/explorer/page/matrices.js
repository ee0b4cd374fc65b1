// SPDX-License-Identifier: Apache-2.0
// Reads matrices from .npy and .safetensors. The file stays in the browser, and of a large one only
// what is looked at is read.

/** Sign, exponent and fraction of 16 bits. */
function half(bits) {
  const [exponent, fraction] = [(bits >> 10) & 31, (bits & 1023) / 1024];
  const size =
    exponent === 31 ? (fraction ? NaN : Infinity)
    : exponent ? (1 + fraction) * 2 ** (exponent - 15) : fraction * 2 ** -14;
  return bits & 0x8000 ? -size : size;
}

function bfloat(bits) {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint16(0, bits);
  return view.getFloat32(0);
}

const types = {
  double: { bytes: 8, at: (view, i) => view.getFloat64(i, true) },
  single: { bytes: 4, at: (view, i) => view.getFloat32(i, true) },
  half: { bytes: 2, at: (view, i) => half(view.getUint16(i, true)) },
  bfloat: { bytes: 2, at: (view, i) => bfloat(view.getUint16(i, true)) },
};
const npyTypes = { "<f8": types.double, "<f4": types.single, "<f2": types.half };
const safeTypes = { F64: types.double, F32: types.single, F16: types.half, BF16: types.bfloat };

function matrixIn(file, name, type, [rows, cols], begin, turned = false) {
  const read = async () => {
    const bytes = await file.slice(begin, begin + rows * cols * type.bytes).arrayBuffer();
    if (bytes.byteLength < rows * cols * type.bytes) throw new Error(`${file.name} is cut off`);
    const view = new DataView(bytes);
    return Float64Array.from({ length: rows * cols }, (_, i) => {
      const place = turned ? (i % cols) * rows + Math.floor(i / cols) : i;
      return type.at(view, place * type.bytes);
    });
  };
  return { name: `${name}, ${rows} × ${cols}`, rows, cols, read };
}

async function npy(file) {
  const start = new DataView(await file.slice(0, 12).arrayBuffer());
  const long = start.getUint8(6) > 1;
  const begin = (long ? 12 : 10) + (long ? start.getUint32(8, true) : start.getUint16(8, true));
  const header = await file.slice(10, begin).text();
  const type = npyTypes[/'descr': *'([^']*)'/.exec(header)?.[1]];
  const shape = /'shape': *\(([^)]*)\)/.exec(header)?.[1].split(",").filter((n) => n.trim());
  if (!type || shape?.length !== 2) return [];
  const turned = /'fortran_order': *True/.test(header);
  return [matrixIn(file, file.name, type, shape.map(Number), begin, turned)];
}

async function safetensors(file) {
  const size = new DataView(await file.slice(0, 8).arrayBuffer()).getBigUint64(0, true);
  const begin = 8 + Number(size);
  const header = begin <= file.size ? await file.slice(8, begin).text() : "";
  return Object.entries(JSON.parse(header))
    .filter(([, { dtype, shape }]) => safeTypes[dtype] && shape.length === 2)
    .map(([name, { dtype, shape, data_offsets: [from] }]) =>
      matrixIn(file, name, safeTypes[dtype], shape, begin + from));
}

/** The matrices of a file: [{name, rows, cols, read()}], which promises the entries row by row. */
export async function matricesOf(file) {
  let found = [];
  try {
    const numpy = (await file.slice(1, 6).text()) === "NUMPY";
    found = await (numpy ? npy : safetensors)(file);
  } catch {
    throw new Error(`${file.name} is neither .npy nor .safetensors`);
  }
  if (!found.length) throw new Error(`${file.name} has no matrix of floating-point numbers`);
  return found;
}
