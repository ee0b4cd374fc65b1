// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/io/npy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <string>
#include <system_error>

// A file is "\x93NUMPY", two version bytes, the header's length (2 bytes in version 1, 4 later),
// the header and the values. The header is a Python dictionary written out:
//   {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }

namespace pion::io {
namespace {

constexpr std::string_view magic = "\x93NUMPY";

struct Header {
  std::string descr;
  bool fortran_order = false;
  Shape shape;
};

// Reads the dictionary: the three keys, each once and in any order, and nothing else.
class HeaderParser {
 public:
  HeaderParser(const std::string& file, std::string_view text) : file_(file), text_(text) {}

  Header parse() {
    std::optional<std::string> descr;
    std::optional<bool> fortran_order;
    std::optional<Shape> shape;
    const auto set = [this](auto& field, std::string_view key, auto value) {
      if (field) fail(fmt::format("'{}' stands there twice", key));
      field = std::move(value);
    };

    expect('{');
    while (!take('}')) {
      const std::string key = string();
      expect(':');
      if (key == "descr") {
        set(descr, key, string());
      } else if (key == "fortran_order") {
        set(fortran_order, key, boolean());
      } else if (key == "shape") {
        set(shape, key, tuple());
      } else {
        fail(fmt::format("unknown key {}", quote(key)));
      }
      if (take(',')) continue;
      expect('}');
      break;
    }
    skip_space();
    if (at_ != text_.size()) fail("text after the dictionary");

    if (!descr) fail("'descr' is missing");
    if (!fortran_order) fail("'fortran_order' is missing");
    if (!shape) fail("'shape' is missing");
    return {*std::move(descr), *fortran_order, *std::move(shape)};
  }

 private:
  [[noreturn]] void fail(std::string_view reason) const {
    throw Error(file_, fmt::format("header: {} (at byte {} of the dictionary)", reason, at_));
  }

  void skip_space() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != text_.npos) ++at_;
  }

  bool take(std::string_view token) {
    skip_space();
    if (text_.substr(at_, token.size()) != token) return false;
    at_ += token.size();
    return true;
  }

  bool take(char c) { return take(std::string_view(&c, 1)); }

  void expect(char c) {
    if (!take(c)) fail(fmt::format("'{}' expected", c));
  }

  std::string string() {
    const char mark = take('\'') ? '\'' : take('"') ? '"' : '\0';
    if (mark == '\0') fail("a string in quotes expected (records of several fields are not read)");
    const std::size_t end = text_.find(mark, at_);
    if (end == text_.npos) fail("a string does not end");
    const std::string_view content = text_.substr(at_, end - at_);
    if (content.find('\\') != content.npos) fail("a string with an escape");
    at_ = end + 1;
    return std::string(content);
  }

  bool boolean() {
    if (take("True")) return true;
    if (take("False")) return false;
    fail("True or False expected");
  }

  std::int64_t extent() {
    if (take('-')) fail("a negative number in 'shape'");
    std::int64_t value = 0;
    const char* from = text_.data() + at_;
    const auto [end, error] = std::from_chars(from, text_.data() + text_.size(), value);
    if (error == std::errc::result_out_of_range) fail("too large a number in 'shape'");
    if (error != std::errc()) fail("a whole number expected in 'shape'");
    at_ += static_cast<std::size_t>(end - from);
    return value;
  }

  // (), (3,), (3, 4) and (3, 4,); as in Python, (3) would be a number and no tuple.
  Shape tuple() {
    Shape shape;
    expect('(');
    while (!take(')')) {
      if (shape.size() == max_rank) fail(fmt::format("more than {} dimensions", max_rank));
      shape.push_back(extent());
      if (take(',')) continue;
      if (shape.size() == 1) expect(',');
      expect(')');
      break;
    }
    return shape;
  }

  const std::string& file_;
  std::string_view text_;
  std::size_t at_ = 0;
};

// What 'descr' names, without its sign of byte order.
std::optional<DType> find_dtype(std::string_view descr) {
  if (descr == "f2") return DType::f16;
  if (descr == "f4") return DType::f32;
  if (descr == "f8") return DType::f64;
  return {};
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

NpyFile::NpyFile(Source source) : source_(std::move(source)) {
  const std::string& file = source_.name();
  if (source_.size() == 0) throw Error(file, "is empty");
  const std::string start = source_.text(0, std::min<std::uint64_t>(source_.size(), 12));
  if (start.compare(0, magic.size(), magic) != 0) {
    throw Error(file, "is not a .npy file: it does not begin with \"\\x93NUMPY\"");
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
  Header header = HeaderParser(file, text).parse();
  data_ = header_begin + length;

  // '<' little-endian, '>' big-endian, '=' the machine's own (little), '|' does not matter.
  const bool marked = !header.descr.empty() &&
                      std::string_view("<>=|").find(header.descr[0]) != std::string_view::npos;
  const auto dtype = find_dtype(std::string_view(header.descr).substr(marked ? 1 : 0));
  big_endian_ = marked && header.descr[0] == '>';
  fortran_order_ = header.fortran_order;

  if (dtype) {
    const auto needed = byte_count(header.shape, static_cast<unsigned>(8 * size_of(*dtype)));
    const std::uint64_t there = source_.size() - data_;
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
  entries_.push_back({std::filesystem::path(file).stem().string(), std::move(header.descr), dtype,
                      std::move(header.shape)});
}

Tensor NpyFile::load(std::string_view name) const {
  const TensorInfo& info = entries_.front();
  if (name != info.name) throw_missing(source_.name(), name, entries_);
  if (!info.dtype) {
    throw Error(source_.name(), fmt::format("tensor {}: values of type {} cannot be read: save it "
                                            "as float16, float32 or float64",
                                            quote(name), quote(info.dtype_name)));
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
