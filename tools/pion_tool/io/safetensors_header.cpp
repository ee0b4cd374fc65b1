// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/io/safetensors_header.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <utility>

#include "pion_tool/io/safetensors_entry.hpp"

namespace pion::io {
namespace {

using nlohmann::json;

/// Takes the header's JSON piece by piece, so that no tree of it ever stands in memory. An object
/// of objects may pass whose values are plain, or lists of plain values; anything else, like
/// hostile nesting, stops the reading there. What an unknown field holds is passed over.
class HeaderReader : public nlohmann::json_sax<json> {
 public:
  HeaderReader(const std::string& file, std::uint64_t there, SafetensorsHeader& header)
      : file_(file), there_(there), header_(header) {}

  [[noreturn]] void fail(std::string_view reason) const {
    throw Error(file_, fmt::format("header: {}", reason));
  }

  bool null() override {
    if (place_ == Place::root && in_metadata()) {
      begin_metadata();
      warn("\"__metadata__\" is null");
      return true;
    }
    return plain();
  }
  bool boolean(bool /*value*/) override { return plain(); }
  bool number_integer(number_integer_t /*value*/) override { return plain(); }
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override { return plain(); }
  bool binary(binary_t& /*value*/) override { return plain(); }

  bool number_unsigned(number_unsigned_t value) override {
    if (skipped_ > 0 || place_ != Place::list) return plain();
    if (field_ == nullptr) return true;
    // One more than the most is kept, so that too many are seen; a list without end is not kept.
    if (field_->numbers.size() <= max_rank) field_->numbers.push_back(value);
    return true;
  }

  bool string(string_t& value) override {
    if (skipped_ > 0 || place_ == Place::list || place_ == Place::root) return plain();
    if (place_ == Place::metadata) {
      if (!header_.metadata.emplace(key_, std::move(value)).second) {
        fail(fmt::format("metadata {} stands there twice", quote(key_)));
      }
      return true;
    }
    if (field_ == nullptr) return true;
    field_->text = true;
    field_->string = std::move(value);
    return true;
  }

  bool start_object(std::size_t /*size*/) override {
    if (place_ == Place::outside) {
      place_ = Place::root;
    } else if (place_ == Place::root) {
      if (in_metadata()) {
        begin_metadata();
        place_ = Place::metadata;
      } else {
        fields_ = {};
        place_ = Place::tensor;
      }
    } else if (place_ == Place::tensor && field_ == nullptr) {
      ++skipped_;
    } else {
      fail(fmt::format("{} holds an object inside an object", quote(name_)));
    }
    return true;
  }

  bool end_object() override {
    if (skipped_ > 0) {
      --skipped_;
    } else if (place_ == Place::root) {
      place_ = Place::outside;
    } else {
      if (place_ == Place::tensor) end_tensor();
      place_ = Place::root;
    }
    return true;
  }

  bool start_array(std::size_t /*size*/) override {
    if (place_ == Place::tensor && field_ == nullptr) {
      ++skipped_;
    } else if (place_ == Place::tensor) {
      field_->list = true;
      place_ = Place::list;
    } else {
      fail(place_ == Place::outside
               ? "it is not a JSON object"
               : fmt::format("{} holds a list where none belongs", quote(name_)));
    }
    return true;
  }

  bool end_array() override {
    if (skipped_ > 0) {
      --skipped_;
    } else {
      place_ = Place::tensor;
    }
    return true;
  }

  bool key(string_t& key) override {
    if (skipped_ > 0) return true;
    if (place_ == Place::root) {
      name_ = std::move(key);
      return true;
    }
    key_ = std::move(key);
    if (place_ == Place::metadata) return true;
    field_ = key_ == "dtype"          ? &fields_.dtype
             : key_ == "shape"        ? &fields_.shape
             : key_ == "data_offsets" ? &fields_.data_offsets
                                      : nullptr;
    if (field_ == nullptr) {
      warn(fmt::format("tensor {} has an unknown field {}", quote(name_), quote(key_)));
    } else if (std::exchange(field_->present, true)) {
      fail(fmt::format("tensor {} has {} twice", quote(name_), quote(key_)));
    }
    return true;
  }

  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const json::exception& error) override {
    constexpr int number_overflow = 406;
    if (error.id == number_overflow) fail("it holds a number beyond all bounds");
    fail(fmt::format("it is not JSON (at byte {} of it)", position));
  }

  /// What was passed over.
  std::string warning() const {
    if (warnings_ < 2) return warning_;
    return fmt::format("{} (and {} more like it)", warning_, warnings_ - 1);
  }

 private:
  enum class Place { outside, root, metadata, tensor, list };

  bool in_metadata() const { return name_ == metadata_key; }

  void begin_metadata() {
    if (std::exchange(has_metadata_, true)) {
      fail(fmt::format("{} stands there twice", quote(name_)));
    }
  }

  void warn(std::string what) {
    if (++warnings_ == 1) warning_ = fmt::format("header: {}, which is not read", what);
  }

  /// A value that has no meaning where it stands.
  bool plain() {
    if (skipped_ > 0) return true;
    switch (place_) {
      case Place::outside: fail("it is not a JSON object");
      case Place::root: fail(fmt::format("{} is not an object", quote(name_)));
      case Place::metadata: fail(fmt::format("metadata {} is not a string", quote(key_)));
      case Place::list:
        if (field_ != nullptr) field_->whole_numbers = false;
        break;
      case Place::tensor: break;  // a field of the wrong kind: neither a text nor a list
    }
    return true;
  }

  void end_tensor() {
    SafetensorsEntry entry = read_safetensors_entry(std::move(name_), fields_, there_);
    header_.entries.push_back(std::move(entry.info));
    header_.spans.push_back(entry.span);
  }

  const std::string& file_;
  std::uint64_t there_;
  SafetensorsHeader& header_;
  Place place_ = Place::outside;
  std::size_t skipped_ = 0;            // how deep in what an unknown field holds
  std::string name_;                   // of the object being read
  std::string key_;                    // of the value being read in it
  SafetensorsFields fields_;           // of the tensor being read
  SafetensorsField* field_ = nullptr;  // the one being read; null for an unknown one
  bool has_metadata_ = false;
  std::string warning_;
  std::size_t warnings_ = 0;
};

}  // namespace

SafetensorsHeader parse_safetensors_header(const std::string& file, const std::string& text,
                                           std::uint64_t there) {
  SafetensorsHeader header;
  HeaderReader reader(file, there, header);
  // The JSON library would pass over a byte order mark or spaces in front, and stop at a zero byte.
  if (text.empty() || text[0] != '{') reader.fail("it is not a JSON object");
  if (const std::size_t zero = text.find('\0'); zero != text.npos) {
    reader.fail(fmt::format("it is not JSON (at byte {} of it)", zero + 1));
  }
  json::sax_parse(text, &reader);
  header.warning = reader.warning();

  header.by_name.resize(header.entries.size());
  std::iota(header.by_name.begin(), header.by_name.end(), 0U);
  const auto name = [&](std::uint32_t i) -> const std::string& { return header.entries[i].name; };
  std::sort(header.by_name.begin(), header.by_name.end(),
            [&](std::uint32_t a, std::uint32_t b) { return name(a) < name(b); });
  const auto twice =
      std::adjacent_find(header.by_name.begin(), header.by_name.end(),
                         [&](std::uint32_t a, std::uint32_t b) { return name(a) == name(b); });
  if (twice != header.by_name.end()) {
    reader.fail(fmt::format("{} stands there twice", quote(name(*twice))));
  }
  return header;
}

}  // namespace pion::io
