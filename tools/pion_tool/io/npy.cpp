// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/io/npy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "pion_tool/io/atomic_file.hpp"
#include "pion_tool/io/foreign.hpp"
#include "pion_tool/io/identity.hpp"
#include "pion_tool/io/npy_header.hpp"

// A file is "\x93NUMPY", two version bytes, the header's length (2 bytes in version 1, 4 later),
// the header (npy_header.hpp) and the values.

namespace pion::io {
namespace {

constexpr std::string_view magic = "\x93NUMPY";

bool is_untyped(std::string_view descr) {
  return descr == "V2" || descr == "<V2" || descr == "|V2" || descr == "=V2" || descr == ">V2";
}

/// What to do about values that cannot be read. NumPy has no bfloat16 of its own: it is saved as
/// two bytes without a meaning (V2), and float16 would lose its range.
std::string_view advice_for(std::string_view descr) {
  if (is_untyped(descr)) {
    return "if they are bfloat16, inspect reads them with --as bf16; or save them as float32, for "
           "float16 would lose their range";
  }
  if (!descr.empty() && descr[0] == '[') return "save each field of the record by itself";
  return "save it as float16, float32 or float64";
}

void swap_byte_order(std::vector<std::byte>& bytes, std::size_t width) {
  for (auto value = bytes.begin(); value != bytes.end(); value += static_cast<long>(width)) {
    std::reverse(value, value + static_cast<long>(width));
  }
}

// From a row-major array of `shape` makes the row-major array whose indices run the other way
// round, which is the column-major array of `shape`.
std::vector<std::byte> reverse_axes(const std::vector<std::byte>& in, const Shape& shape,
                                    std::size_t width) {
  // What a step along each axis, and a walk along its whole extent, mean in the result.
  std::vector<std::size_t> step, walk;
  for (const std::int64_t extent : shape) {
    step.push_back(walk.empty() ? width : walk.back());
    walk.push_back(step.back() * static_cast<std::size_t>(extent));
  }

  std::vector<std::byte> out(in.size());
  std::vector<std::size_t> offset(shape.size(), 0);
  std::size_t to = 0;
  for (std::size_t from = 0; from < in.size(); from += width) {
    std::memcpy(out.data() + to, in.data() + from, width);
    for (std::size_t axis = shape.size(); axis-- > 0;) {
      to += step[axis];
      offset[axis] += step[axis];
      if (offset[axis] < walk[axis]) break;
      to -= walk[axis];
      offset[axis] = 0;
    }
  }
  return out;
}

}  // namespace

NpyFile::NpyFile(Source source, std::optional<DType> untyped,
                 std::optional<std::uint64_t> announced)
    : source_(std::move(source)) {
  const std::string& file = source_.name();
  if (source_.size() == 0) throw Error(file, "is empty");
  const std::string start = source_.text(0, std::min<std::uint64_t>(source_.size(), telling_bytes));
  if (start.compare(0, magic.size(), magic) != 0) {
    const std::string foreign = foreign_kind(start, ".npy");
    throw Error(file, foreign.empty() ? "is not a .npy file: it does not begin with \"\\x93NUMPY\""
                                      : foreign);
  }
  const auto byte = [&](std::size_t at) -> unsigned {
    if (at >= start.size()) throw Error(file, "truncated: it ends inside the header's length");
    return static_cast<unsigned char>(start[at]);
  };

  const unsigned major = byte(6);
  const unsigned minor = byte(7);
  if (major < 1 || major > 3 || minor != 0) {
    throw Error(file,
                fmt::format(".npy version {}.{} is not known; 1.0, 2.0 and 3.0 are", major, minor));
  }
  std::uint64_t length = byte(8) | byte(9) << 8U;
  if (major > 1) length |= byte(10) << 16U | byte(11) << 24U;
  const std::uint64_t header_begin = major == 1 ? 10 : 12;
  if (length > source_.size() - header_begin) {
    throw Error(file, fmt::format("truncated: a header of {} bytes is announced, {} bytes follow",
                                  length, source_.size() - header_begin));
  }
  const std::string text = source_.text(header_begin, length);
  NpyHeader header = parse_npy_header(file, text);
  data_ = header_begin + length;
  const std::optional<DType> dtype = is_untyped(header.descr) ? untyped : header.dtype();
  big_endian_ = header.big_endian();
  fortran_order_ = header.fortran_order;

  if (dtype) {
    const auto needed = byte_count(header.shape, static_cast<unsigned>(8 * size_of(*dtype)));
    const std::uint64_t there = announced.value_or(source_.size()) - data_;
    if (!needed) {
      throw Error(file,
                  fmt::format("shape {} is more than any file can hold", to_string(header.shape)));
    }
    if (*needed != there) {
      throw Error(file, fmt::format("{}: shape {} of '{}' needs {} bytes of values, {} are there",
                                    *needed > there ? "truncated" : "trailing bytes",
                                    to_string(header.shape), header.descr, *needed, there));
    }
  }
  entries_.push_back(
      {path_of(file).stem().string(), std::move(header.descr), dtype, std::move(header.shape)});
}

Tensor NpyFile::load(std::string_view name) const {
  const TensorInfo& info = entries_.front();
  if (name != info.name) throw_missing(source_.name(), name, entries_);
  if (!info.dtype) {
    throw Error(source_.name(),
                fmt::format("tensor {}: values of type {} cannot be read: {}", quote(name),
                            quote(info.dtype_name), advice_for(info.dtype_name)));
  }
  Tensor tensor{info.name, *info.dtype, info.shape, source_.bytes(data_, source_.size() - data_),
                source_.name()};
  const std::size_t width = size_of(tensor.dtype);
  if (big_endian_) swap_byte_order(tensor.bytes, width);
  if (fortran_order_ && tensor.shape.size() > 1) {
    tensor.bytes = reverse_axes(tensor.bytes, {tensor.shape.rbegin(), tensor.shape.rend()}, width);
  }
  return tensor;
}

Tensor NpyFile::load(const MatrixPart& part) const {
  const TensorInfo& info = entries_.front();
  if (!info.dtype || fortran_order_) return cut(load(info.name), part);
  const std::size_t width = size_of(*info.dtype);
  Tensor tensor{part.name,
                *info.dtype,
                {part.rows, part.cols},
                source_.bytes(data_ + part.first * width, part.size() * width),
                source_.name()};
  if (big_endian_) swap_byte_order(tensor.bytes, width);
  return tensor;
}

void write_npy(const std::filesystem::path& path, const Tensor& tensor, Order order) {
  check(tensor);
  if (tensor.dtype == DType::bf16) {
    throw Error(path.string(),
                fmt::format("tensor {}: .npy has no name for BF16: write .safetensors, "
                            "or convert to F32 first",
                            quote(tensor.name)));
  }
  std::string shape;
  for (const std::int64_t extent : tensor.shape) shape += fmt::format("{}, ", extent);
  std::string header =
      fmt::format("{{'descr': '<f{}', 'fortran_order': {}, 'shape': ({}), }}",
                  size_of(tensor.dtype), order == Order::fortran ? "True" : "False", shape);

  // Spaces and a line end bring the values to a multiple of 64 bytes, so that they can be mapped.
  constexpr std::size_t before = magic.size() + 4;
  header.append(63 - (before + header.size()) % 64, ' ');
  header += '\n';

  std::string start(magic);
  start += {'\x01', '\x00', static_cast<char>(header.size() & 0xffU),
            static_cast<char>(header.size() >> 8U)};
  AtomicFile file(path);
  file.write(start + header);
  if (order == Order::fortran) {
    const auto values = reverse_axes(tensor.bytes, tensor.shape, size_of(tensor.dtype));
    file.write(values.data(), values.size());
  } else {
    file.write(tensor.bytes.data(), tensor.bytes.size());
  }
  file.commit();
}

}  // namespace pion::io
