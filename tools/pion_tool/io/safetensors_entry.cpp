// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/io/safetensors_entry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

namespace pion::io {
namespace {

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

/// Finds the problems in the order of the fields; the first one is kept.
class EntryReader : public SafetensorsEntry {
 public:
  EntryReader(std::string name, const SafetensorsFields& fields, std::uint64_t there) {
    info.name = std::move(name);
    const StoredType* stored = type(fields.dtype);
    const bool has_shape = shape(fields.shape);
    const bool in_file = offsets(fields.data_offsets) && span.end <= there;
    span.copyable = in_file && has_shape && fields.dtype.text;
    span.placed = span.copyable && stored == nullptr;  // as far as can be known without its type
    if (!info.problem.empty()) return;

    const std::string what = fmt::format("shape {} of {}", to_string(info.shape), stored->name);
    const auto needed = byte_count(info.shape, stored->bits);
    if (!needed) {
      fail(what + " is no whole number of bytes, or too large for any file");
    } else if (span.end > there) {
      fail(fmt::format("truncated: its values end at byte {}, the file holds {}", span.end, there));
    } else if (*needed != span.end - span.begin) {
      fail(fmt::format("{} needs {} bytes, its offsets hold {}", what, *needed,
                       span.end - span.begin));
    } else {
      info.dtype = stored->dtype;
      span.placed = true;
    }
  }

 private:
  void fail(std::string reason) {
    if (info.problem.empty()) info.problem = std::move(reason);
  }

  const StoredType* type(const SafetensorsField& field) {
    if (!field.present) fail("\"dtype\" is missing");
    if (!field.text) fail("\"dtype\" must be a string");
    info.dtype_name = field.string;
    const auto* found =
        std::find_if(stored_types.begin(), stored_types.end(),
                     [&](const StoredType& type) { return type.name == field.string; });
    if (found != stored_types.end()) return found;
    fail(fmt::format("unknown dtype {}", quote(field.string)));
    return nullptr;
  }

  bool numbers(const SafetensorsField& field, const char* key) {
    if (!field.present) {
      fail(fmt::format("\"{}\" is missing", key));
    } else if (!field.list) {
      fail(fmt::format("\"{}\" must be a list", key));
    } else if (!field.whole_numbers) {
      fail(fmt::format("\"{}\" must hold whole numbers from 0 on", key));
    } else {
      return true;
    }
    return false;
  }

  bool shape(const SafetensorsField& field) {
    if (!numbers(field, "shape")) return false;
    if (field.numbers.size() > max_rank) {
      fail(fmt::format("more than {} dimensions", max_rank));
      return false;
    }
    info.shape.reserve(field.numbers.size());
    for (const std::uint64_t extent : field.numbers) {
      if (extent > std::numeric_limits<std::int64_t>::max()) {
        fail("too large a number in \"shape\"");
        info.shape.clear();
        return false;
      }
      info.shape.push_back(static_cast<std::int64_t>(extent));
    }
    return true;
  }

  bool offsets(const SafetensorsField& field) {
    if (!numbers(field, "data_offsets")) return false;
    if (field.numbers.size() != 2) {
      fail("\"data_offsets\" must be two numbers");
      return false;
    }
    span.begin = field.numbers[0];
    span.end = field.numbers[1];
    if (span.begin <= span.end) return true;
    fail(fmt::format("its offsets {}, {} run backwards", span.begin, span.end));
    return false;
  }
};

}  // namespace

SafetensorsEntry read_safetensors_entry(std::string name, const SafetensorsFields& fields,
                                        std::uint64_t there) {
  return SafetensorsEntry(EntryReader(std::move(name), fields, there));
}

}  // namespace pion::io
