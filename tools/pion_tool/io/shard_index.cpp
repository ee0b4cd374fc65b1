// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/io/shard_index.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "pion_tool/io/error.hpp"

namespace pion::io {
namespace {

using nlohmann::json;

/// Takes the JSON piece by piece: a tree of it would keep one of two equal names and say nothing.
class IndexReader : public nlohmann::json_sax<json> {
 public:
  explicit IndexReader(const std::string& file) : file_(file) {}

  [[noreturn]] void fail(const std::string& reason) const {
    throw Error(file_, "index: " + reason);
  }

  bool null() override { return other(); }
  bool boolean(bool /*value*/) override { return other(); }
  bool number_integer(number_integer_t /*value*/) override { return other(); }
  bool number_unsigned(number_unsigned_t /*value*/) override { return other(); }
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override { return other(); }
  bool binary(binary_t& /*value*/) override { return other(); }

  bool string(string_t& value) override {
    if (depth_ != 2 || !in_map_) return other();
    if (value.empty() || value == "." || value == ".." ||
        value.find_first_of(std::string_view("/\\\0", 3)) != value.npos) {
      fail(fmt::format("tensor {} is in {}, which is no name of a file beside the index",
                       quote(key_), quote(value)));
    }
    if (!map_.emplace(key_, std::move(value)).second) {
      fail(fmt::format("tensor {} stands there twice", quote(key_)));
    }
    return true;
  }

  bool start_object(std::size_t /*size*/) override {
    if (depth_ == 1 && key_ == "weight_map") {
      if (std::exchange(has_map_, true)) fail("\"weight_map\" stands there twice");
      in_map_ = true;
    } else if (depth_ > 0) {
      other();
    }
    ++depth_;
    return true;
  }
  bool end_object() override {
    if (--depth_ == 1) in_map_ = false;
    return true;
  }
  bool start_array(std::size_t /*size*/) override {
    other();
    ++depth_;
    return true;
  }
  bool end_array() override {
    --depth_;
    return true;
  }
  bool key(string_t& key) override {
    if (depth_ < 3) key_ = std::move(key);
    return true;
  }

  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const json::exception& /*error*/) override {
    fail(fmt::format("it is not JSON (at byte {})", position));
  }

  WeightMap take() {
    if (!has_map_) fail("it has no \"weight_map\"");
    if (map_.empty()) fail("its \"weight_map\" names no tensor");
    return std::move(map_);
  }

 private:
  /// A value that is no file's name; outside of the map it may be anything.
  bool other() {
    if (depth_ == 0) fail("it is not a JSON object");
    if (depth_ == 1 && key_ == "weight_map") fail("\"weight_map\" is not an object");
    if (in_map_) fail(fmt::format("the file of tensor {} is not a text", quote(key_)));
    return true;
  }

  const std::string& file_;
  WeightMap map_;
  std::string key_;
  std::size_t depth_ = 0;
  bool in_map_ = false;
  bool has_map_ = false;
};

}  // namespace

WeightMap parse_shard_index(const std::string& file, const std::string& text) {
  IndexReader reader(file);
  json::sax_parse(text, &reader);
  return reader.take();
}

std::string rewrite_shard_index(const std::string& text, const std::set<std::string>& gone,
                                std::uint64_t total_size) {
  auto index = nlohmann::ordered_json::parse(text);
  for (const std::string& name : gone) index["weight_map"].erase(name);
  const auto metadata = index.find("metadata");
  if (metadata != index.end() && metadata->is_object() && metadata->contains("total_size")) {
    (*metadata)["total_size"] = total_size;
  }
  return index.dump(2) + "\n";
}

}  // namespace pion::io
