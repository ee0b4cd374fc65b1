// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/io/safetensors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <set>

// A file is the header's length (8 bytes, little-endian), the header and the values. The header is
// one JSON object, padded with spaces:
//   {"__metadata__":{"step":"350"},"q":{"dtype":"F32","shape":[3,4],"data_offsets":[0,48]}}
// Offsets count from the header's end; together the tensors cover the rest of the file exactly.

namespace pion::io {
namespace {

using nlohmann::json;

using Span = std::pair<std::uint64_t, std::uint64_t>;

constexpr std::uint64_t prefix = 8;
constexpr std::uint64_t max_header = 100'000'000;  // the format's own limit
constexpr std::string_view metadata_key = "__metadata__";

struct StoredType {
  std::string_view name;
  unsigned bits;
  std::optional<DType> dtype;
};

constexpr std::array<StoredType, 22> stored_types{{
    {"F64", 64, DType::f64}, {"F32", 32, DType::f32},
    {"F16", 16, DType::f16}, {"BF16", 16, DType::bf16},
    {"C64", 64, {}},         {"I64", 64, {}},
    {"U64", 64, {}},         {"I32", 32, {}},
    {"U32", 32, {}},         {"I16", 16, {}},
    {"U16", 16, {}},         {"I8", 8, {}},
    {"U8", 8, {}},           {"BOOL", 8, {}},
    {"F8_E4M3", 8, {}},      {"F8_E5M2", 8, {}},
    {"F8_E8M0", 8, {}},      {"F8_E4M3FNUZ", 8, {}},
    {"F8_E5M2FNUZ", 8, {}},  {"F6_E2M3", 6, {}},
    {"F6_E3M2", 6, {}},      {"F4", 4, {}},
}};

// Turns one tensor's JSON object into what it says, or throws what is wrong with it.
class EntryParser {
 public:
  EntryParser(const std::string& file, const std::string& name, const json& fields)
      : file_(file), name_(name), fields_(fields) {}

  // `there` is how many bytes of values the file holds.
  std::pair<TensorInfo, Span> parse(std::uint64_t there) const {
    const StoredType& stored = type();
    const Shape extents = shape();
    const std::string what = fmt::format("shape {} of {}", to_string(extents), stored.name);
    const auto needed = byte_count(extents, stored.bits);
    if (!needed) fail(what + " is no whole number of bytes, or too large for any file");

    const auto [begin, end] = offsets();
    if (begin > end) fail(fmt::format("its offsets {}, {} run backwards", begin, end));
    if (end > there) {
      fail(fmt::format("truncated: its values end at byte {}, the file holds {}", end, there));
    }
    if (*needed != end - begin) {
      fail(fmt::format("{} needs {} bytes, its offsets hold {}", what, *needed, end - begin));
    }
    return {{name_, std::string(stored.name), stored.dtype, extents}, {begin, end}};
  }

 private:
  [[noreturn]] void fail(std::string_view reason) const {
    throw Error(file_, fmt::format("tensor {}: {}", quote(name_), reason));
  }

  const StoredType& type() const {
    const json& value = field("dtype");
    if (!value.is_string()) fail("\"dtype\" must be a string");
    const auto& name = value.get_ref<const std::string&>();
    const auto* found = std::find_if(stored_types.begin(), stored_types.end(),
                                     [&](const StoredType& type) { return type.name == name; });
    if (found == stored_types.end()) fail(fmt::format("unknown dtype {}", quote(name)));
    return *found;
  }

  Shape shape() const {
    Shape shape;
    for (const std::uint64_t extent : numbers("shape")) {
      if (extent > std::numeric_limits<std::int64_t>::max()) {
        fail("too large a number in \"shape\"");
      }
      shape.push_back(static_cast<std::int64_t>(extent));
    }
    return shape;
  }

  Span offsets() const {
    const auto values = numbers("data_offsets");
    if (values.size() != 2) fail("\"data_offsets\" must be two numbers");
    return {values[0], values[1]};
  }

  const json& field(const char* key) const {
    const auto found = fields_.find(key);
    if (found == fields_.end()) fail(fmt::format("\"{}\" is missing", key));
    return *found;
  }

  std::vector<std::uint64_t> numbers(const char* key) const {
    const json& list = field(key);
    if (!list.is_array()) fail(fmt::format("\"{}\" must be a list", key));
    std::vector<std::uint64_t> out;
    for (const json& value : list) {
      if (!value.is_number_unsigned()) {
        fail(fmt::format("\"{}\" must hold whole numbers from 0 on", key));
      }
      out.push_back(value.get<std::uint64_t>());
    }
    return out;
  }

  const std::string& file_;
  const std::string& name_;
  const json& fields_;
};

}  // namespace

SafetensorsFile::SafetensorsFile(Source source) : source_(std::move(source)) {
  const std::string& file = source_.name();
  if (source_.size() == 0) throw Error(file, "is empty");
  if (source_.size() < prefix) throw Error(file, "truncated: it ends inside the header's length");
  std::uint64_t length = 0;
  const std::string start = source_.text(0, prefix);
  for (std::size_t i = prefix; i-- > 0;) {
    length = length << 8U | static_cast<unsigned char>(start[i]);
  }
  if (length > source_.size() - prefix) {
    throw Error(file, fmt::format("a header of {} bytes is announced, {} bytes follow: truncated, "
                                  "or not a .safetensors file",
                                  length, source_.size() - prefix));
  }
  if (length > max_header) {
    throw Error(file, fmt::format("a header of {} bytes is over the format's limit of {}", length,
                                  max_header));
  }
  data_ = prefix + length;
  parse(source_.text(prefix, length));
  check_spans();
}

// Takes each piece of the header as soon as it ends and drops its JSON, so that the whole never
// stands in memory. `step` lets pass an object of objects whose values are plain or short lists of
// plain values; anything else, like hostile nesting or a list without end, stops the reading there.
void SafetensorsFile::parse(const std::string& header) {
  const auto fail = [this](std::string_view reason) {
    throw Error(source_.name(), fmt::format("header: {}", reason));
  };
  // The JSON library would pass over a byte order mark or spaces in front, and stop at a zero byte.
  if (header.empty() || header[0] != '{') fail("it is not a JSON object");
  if (const std::size_t zero = header.find('\0'); zero != header.npos) {
    fail(fmt::format("it is not JSON (at byte {} of it)", zero + 1));
  }

  std::string name;              // of the object being read
  std::string key;               // of the value being read in it
  std::set<std::string> fields;  // the keys so far, of a tensor
  std::size_t values = 0;        // since the last key
  bool has_metadata = false;
  const auto in_metadata = [&] { return name == metadata_key; };

  const auto begin_object = [&] {
    fields.clear();
    const bool is_new = in_metadata() ? !std::exchange(has_metadata, true)
                                      : index_.emplace(name, entries_.size()).second;
    if (!is_new) fail(fmt::format("{} stands there twice", quote(name)));
  };
  const auto end_object = [&](const json& object) {
    if (in_metadata()) return;
    auto [info, span] = EntryParser(source_.name(), name, object).parse(source_.size() - data_);
    entries_.push_back(std::move(info));
    spans_.push_back(span);
  };
  const auto check_field = [&] {
    if (key != "dtype" && key != "shape" && key != "data_offsets") {
      fail(fmt::format("tensor {} has an unknown field {}", quote(name), quote(key)));
    }
    if (!fields.insert(key).second) {
      fail(fmt::format("tensor {} has {} twice", quote(name), quote(key)));
    }
  };
  const auto add_metadata = [&](const json& value) {
    if (!value.is_string()) fail(fmt::format("metadata {} is not a string", quote(key)));
    if (!metadata_.emplace(key, value.get<std::string>()).second) {
      fail(fmt::format("metadata {} stands there twice", quote(key)));
    }
  };

  // Says whether the JSON just read is to be kept for the object around it.
  const auto step = [&](int depth, json::parse_event_t event, json& parsed) {
    switch (event) {
      case json::parse_event_t::object_start:
        if (depth > 1) fail(fmt::format("{} holds an object inside an object", quote(name)));
        if (depth == 1) begin_object();
        return true;
      case json::parse_event_t::object_end:
        if (depth == 1) end_object(parsed);
        return depth == 0;
      case json::parse_event_t::array_start:
        if (depth != 2 || in_metadata()) {
          fail(fmt::format("{} holds a list where none belongs", quote(name)));
        }
        return true;
      case json::parse_event_t::array_end: return true;
      case json::parse_event_t::key:
        (depth == 1 ? name : key) = parsed.get<std::string>();
        values = 0;
        if (depth == 1) return true;
        if (in_metadata()) return false;
        check_field();
        return true;
      case json::parse_event_t::value:
        if (depth == 1) fail(fmt::format("{} is not an object", quote(name)));
        if (in_metadata()) {
          add_metadata(parsed);
        } else if (++values > max_rank) {
          fail(fmt::format("{} has more than {} dimensions", quote(name), max_rank));
        }
        return true;
    }
    return true;
  };

  try {
    // What is left is an empty object: `step` has taken everything.
    [[maybe_unused]] const json rest = json::parse(header, step);
  } catch (const json::parse_error& error) {
    fail(fmt::format("it is not JSON (at byte {} of it)", error.byte));
  } catch (const json::exception&) {
    fail("it holds a number beyond all bounds");
  }
}

void SafetensorsFile::check_spans() const {
  std::vector<std::size_t> order(spans_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return spans_[a] < spans_[b]; });
  std::uint64_t covered = 0;
  std::string_view before;
  for (const std::size_t i : order) {
    const std::string& name = entries_[i].name;
    const std::uint64_t begin = spans_[i].first;
    if (begin < covered) {
      throw Error(source_.name(), fmt::format("tensor {}: its values overlap those of {}",
                                              quote(name), quote(before)));
    }
    if (begin > covered) {
      throw Error(source_.name(),
                  fmt::format("tensor {}: a hole of {} bytes lies before its values", quote(name),
                              begin - covered));
    }
    covered = spans_[i].second;
    before = name;
  }
  if (covered != source_.size() - data_) {
    throw Error(source_.name(),
                fmt::format("trailing bytes: the tensors' values end at byte {}, the "
                            "file holds {}",
                            covered, source_.size() - data_));
  }
}

std::size_t SafetensorsFile::find(std::string_view name) const {
  const auto found = index_.find(name);
  if (found == index_.end()) throw_missing(source_.name(), name, entries_);
  return found->second;
}

RawTensor SafetensorsFile::load_raw(std::string_view name) const {
  const std::size_t i = find(name);
  const auto [begin, end] = spans_[i];
  return {entries_[i], source_.bytes(data_ + begin, end - begin)};
}

Tensor SafetensorsFile::load(std::string_view name) const {
  const TensorInfo& info = entries_[find(name)];
  if (!info.dtype) {
    throw Error(source_.name(), fmt::format("tensor {}: values of type {} cannot be read: convert "
                                            "it to F16, BF16, F32 or F64",
                                            quote(name), info.dtype_name));
  }
  return {info.name, *info.dtype, info.shape, load_raw(name).bytes, source_.name()};
}

void write_safetensors(const std::filesystem::path& path, const std::vector<RawTensor>& tensors,
                       const Metadata& metadata) {
  // The header is put together entry by entry, since a JSON object would sort its names.
  std::string header;
  const auto add = [&](std::string_view name, const json& value) {
    try {
      header += fmt::format("{}{}:{}", header.empty() ? '{' : ',', json(name).dump(), value.dump());
    } catch (const json::exception&) {
      throw Error(path.string(),
                  fmt::format("{}: text that is not UTF-8 cannot be written", quote(name)));
    }
  };
  if (!metadata.empty()) add(metadata_key, metadata);

  std::set<std::string_view> names{metadata_key};
  std::uint64_t offset = 0;
  for (const auto& [info, bytes] : tensors) {
    if (!names.insert(info.name).second) {
      throw Error(path.string(), fmt::format("tensor {}: this name cannot be given, or was "
                                             "given before",
                                             quote(info.name)));
    }
    const std::uint64_t end = offset + bytes.size();
    add(info.name,
        {{"dtype", info.dtype_name}, {"shape", info.shape}, {"data_offsets", {offset, end}}});
    offset = end;
  }
  header += header.empty() ? "{}" : "}";
  header.append((8 - header.size() % 8) % 8, ' ');

  std::string length;
  for (unsigned i = 0; i < prefix; ++i) {
    length += static_cast<char>(header.size() >> (8 * i) & 0xffU);
  }
  AtomicFile file(path);
  file.write(length + header);
  for (const RawTensor& tensor : tensors) file.write(tensor.bytes.data(), tensor.bytes.size());
  file.commit();
}

}  // namespace pion::io
