// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/io/npy_header.hpp"

#include <fmt/format.h>

#include <charconv>
#include <system_error>
#include <utility>

namespace pion::io {
namespace {

class HeaderParser {
 public:
  HeaderParser(const std::string& file, std::string_view text) : file_(file), text_(text) {}

  NpyHeader parse() {
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
        set(descr, key, type());
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
    if (mark == '\0') fail("a string in quotes expected");
    const std::size_t end = text_.find(mark, at_);
    if (end == text_.npos) fail("a string does not end");
    const std::string_view content = text_.substr(at_, end - at_);
    if (content.find('\\') != content.npos) fail("a string with an escape");
    at_ = end + 1;
    return std::string(content);
  }

  // A name such as '<f4', or a list of the fields of a record: [('x', '<f4'), ('y', '<f4')].
  std::string type() {
    skip_space();
    const std::size_t begin = at_;
    if (!take('[')) return string();
    at_ = begin;
    const std::optional<std::string> single = single_field();
    if (single) return *single;
    at_ = begin;
    skip_list();
    return std::string(text_.substr(begin, at_ - begin));
  }

  // The type of the only field of a record whose values are plain.
  std::optional<std::string> single_field() {
    if (!take('[') || !take('(')) return {};
    if (!skip_string() || !take(',')) return {};
    skip_space();
    if (at_ == text_.size() || (text_[at_] != '\'' && text_[at_] != '"')) return {};
    std::string descr = string();
    if (!take(')')) return {};  // a field with a shape of its own
    take(',');
    if (!take(']')) return {};
    return descr;
  }

  // Passes a string in quotes, whatever it holds.
  bool skip_string() {
    skip_space();
    if (at_ == text_.size() || (text_[at_] != '\'' && text_[at_] != '"')) return false;
    const char mark = text_[at_++];
    while (at_ < text_.size() && text_[at_] != mark) at_ += text_[at_] == '\\' ? 2U : 1U;
    if (at_ >= text_.size()) {
      at_ = text_.size();
      fail("a string does not end");
    }
    ++at_;
    return true;
  }

  void skip_list() {
    std::size_t depth = 0;
    do {
      if (skip_string()) continue;
      if (at_ == text_.size()) fail("a list does not end");
      const char c = text_[at_++];
      if (c == '[' || c == '(') ++depth;
      if (c == ']' || c == ')') --depth;
    } while (depth > 0);
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
    if (at_ < text_.size() && text_[at_] == 'L') ++at_;  // a long of Python 2
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

}  // namespace

std::optional<DType> NpyHeader::dtype() const {
  // '<' little-endian, '>' big-endian, '|' does not matter, '=' the order of the machine that
  // wrote, which NumPy itself does not use: it is taken for little-endian.
  std::string_view name = descr;
  if (!name.empty() && std::string_view("<>=|").find(name[0]) != name.npos) name.remove_prefix(1);
  for (const std::string_view half : {"f2", "e", "float16", "half"}) {
    if (name == half) return DType::f16;
  }
  for (const std::string_view single : {"f4", "f", "float32", "single"}) {
    if (name == single) return DType::f32;
  }
  for (const std::string_view full : {"f8", "d", "float64", "float", "double"}) {
    if (name == full) return DType::f64;
  }
  if (name == "bfloat16") return DType::bf16;
  return {};
}

NpyHeader parse_npy_header(const std::string& file, std::string_view text) {
  return HeaderParser(file, text).parse();
}

}  // namespace pion::io
