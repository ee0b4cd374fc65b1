// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/io/safetensors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "pion_tool/io/foreign.hpp"

// A file is the header's length (8 bytes, little-endian), the header and the values. The header is
// one JSON object, padded with spaces:
//   {"__metadata__":{"step":"350"},"q":{"dtype":"F32","shape":[3,4],"data_offsets":[0,48]}}
// Offsets count from the header's end; together the tensors cover the rest of the file exactly.

namespace pion::io {
namespace {

using nlohmann::json;

constexpr std::uint64_t prefix = 8;
constexpr std::uint64_t max_header = 100'000'000;  // the format's own limit

/// The header's text, its length in front.
std::string header_of(const std::string& file, const std::vector<TensorInfo>& tensors,
                      const std::vector<std::uint64_t>& sizes, const Metadata& metadata) {
  // Put together entry by entry, since a JSON object would sort its names.
  std::string header(prefix, '\0');
  const auto add = [&](std::string_view name, const json& value) {
    try {
      header += fmt::format("{}{}:{}", header.size() == prefix ? '{' : ',', json(name).dump(),
                            value.dump());
    } catch (const json::exception&) {
      throw Error(file, fmt::format("{}: text that is not UTF-8 cannot be written", quote(name)));
    }
  };
  if (!metadata.empty()) add(metadata_key, metadata);

  std::set<std::string_view> names{metadata_key};
  std::uint64_t offset = 0;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const TensorInfo& info = tensors[i];
    if (!names.insert(info.name).second) {
      throw Error(file, fmt::format("tensor {}: this name cannot be given, or was given before",
                                    quote(info.name)));
    }
    const std::uint64_t end = offset + sizes[i];
    add(info.name,
        {{"dtype", info.dtype_name}, {"shape", info.shape}, {"data_offsets", {offset, end}}});
    offset = end;
  }
  header += header.size() == prefix ? "{}" : "}";
  header.append((8 - header.size() % 8) % 8, ' ');
  const std::uint64_t length = header.size() - prefix;
  for (unsigned i = 0; i < prefix; ++i) header[i] = static_cast<char>(length >> (8 * i) & 0xffU);
  return header;
}

}  // namespace

SafetensorsFile::SafetensorsFile(Source source) : source_(std::move(source)) {
  const std::string& file = source_.name();
  if (source_.size() == 0) throw Error(file, "is empty");
  const std::string start = source_.text(0, std::min<std::uint64_t>(source_.size(), telling_bytes));
  const auto fail = [&](const std::string& reason) {
    const std::string foreign = foreign_kind(start, ".safetensors");
    throw Error(file, foreign.empty() ? reason : foreign);
  };
  if (source_.size() < prefix) fail("truncated: it ends inside the header's length");
  std::uint64_t length = 0;
  for (std::size_t i = prefix; i-- > 0;) {
    length = length << 8U | static_cast<unsigned char>(start[i]);
  }
  if (length > source_.size() - prefix) {
    fail(
        fmt::format("a header of {} bytes is announced, {} bytes follow: truncated, or not a "
                    ".safetensors file",
                    length, source_.size() - prefix));
  }
  if (length > max_header) {
    fail(fmt::format("a header of {} bytes is over the format's limit of {}", length, max_header));
  }
  if (length > 0 && start[prefix] != '{') fail("header: it is not a JSON object");
  data_ = prefix + length;
  header_ = parse_safetensors_header(file, source_.text(prefix, length), source_.size() - data_);
  check_spans();
}

void SafetensorsFile::check_spans() const {
  const std::vector<TensorInfo>& entries = header_.entries;
  const std::vector<Span>& spans = header_.spans;
  // Where one tensor is described wrongly, the others cannot be held to cover the file.
  bool all_sound = true;
  std::vector<std::uint32_t> order;
  for (std::uint32_t i = 0; i < spans.size(); ++i) {
    all_sound = all_sound && spans[i].placed;
    if (spans[i].placed) order.push_back(i);
  }
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return std::pair(spans[a].begin, spans[a].end) < std::pair(spans[b].begin, spans[b].end);
  });
  std::uint64_t covered = 0;
  std::string_view before;
  for (const std::uint32_t i : order) {
    const std::string& name = entries[i].name;
    const std::uint64_t begin = spans[i].begin;
    if (begin < covered) {
      throw Error(source_.name(), fmt::format("tensor {}: its values overlap those of {}",
                                              quote(name), quote(before)));
    }
    if (all_sound && begin > covered) {
      throw Error(source_.name(),
                  fmt::format("tensor {}: a hole of {} bytes lies before its values", quote(name),
                              begin - covered));
    }
    covered = spans[i].end;
    before = name;
  }
  if (all_sound && covered != source_.size() - data_) {
    throw Error(source_.name(),
                fmt::format("trailing bytes: the tensors' values end at byte {}, the "
                            "file holds {}",
                            covered, source_.size() - data_));
  }
}

std::size_t SafetensorsFile::find(std::string_view name) const {
  const auto found = std::lower_bound(
      header_.by_name.begin(), header_.by_name.end(), name,
      [&](std::uint32_t i, std::string_view wanted) { return entries()[i].name < wanted; });
  if (found == header_.by_name.end() || entries()[*found].name != name) {
    throw_missing(source_.name(), name, entries());
  }
  return *found;
}

RawTensor SafetensorsFile::load_raw(std::string_view name) const {
  const std::size_t i = find(name);
  const std::uint64_t size = size_of(i);
  return {entries()[i], source_.bytes(data_ + header_.spans[i].begin, size)};
}

std::uint64_t SafetensorsFile::size_of(std::size_t i) const {
  const Span& span = header_.spans[i];
  if (!span.copyable) throw_problem(source_.name(), entries()[i]);
  return span.end - span.begin;
}

std::vector<std::uint64_t> SafetensorsFile::sizes() const {
  std::vector<std::uint64_t> sizes(entries().size());
  for (std::size_t i = 0; i < sizes.size(); ++i) sizes[i] = size_of(i);
  return sizes;
}

std::size_t SafetensorsFile::find_readable(std::string_view name) const {
  const std::size_t i = find(name);
  const TensorInfo& info = entries()[i];
  if (!info.problem.empty()) throw_problem(source_.name(), info);
  if (!info.dtype) {
    throw Error(source_.name(), fmt::format("tensor {}: values of type {} cannot be read: convert "
                                            "it to F16, BF16, F32 or F64",
                                            quote(name), info.dtype_name));
  }
  return i;
}

Tensor SafetensorsFile::load(std::string_view name) const {
  const std::size_t i = find_readable(name);
  const TensorInfo& info = entries()[i];
  const Span& span = header_.spans[i];
  return {info.name, *info.dtype, info.shape,
          source_.bytes(data_ + span.begin, span.end - span.begin), source_.name()};
}

Tensor SafetensorsFile::load(const TensorInfo& wanted, const MatrixPart& part) const {
  const std::size_t i = find_readable(wanted.name);
  const DType dtype = *entries()[i].dtype;
  const std::uint64_t width = io::size_of(dtype);
  return {part.name,
          dtype,
          {part.rows, part.cols},
          source_.bytes(data_ + header_.spans[i].begin + part.first * width, part.size() * width),
          source_.name()};
}

std::vector<std::byte> SafetensorsFile::load_bytes(const TensorInfo& wanted,
                                                   const MatrixPart& part) const {
  const std::size_t i = find(wanted.name);
  if (!entries()[i].problem.empty()) throw_problem(source_.name(), entries()[i]);
  return source_.bytes(data_ + header_.spans[i].begin + part.first, part.size());
}

SafetensorsWriter::SafetensorsWriter(const std::filesystem::path& path,
                                     const std::vector<TensorInfo>& tensors,
                                     const std::vector<std::uint64_t>& sizes,
                                     const Metadata& metadata)
    : file_(path) {
  file_.write(header_of(path.string(), tensors, sizes, metadata));
}

void SafetensorsWriter::write(const std::vector<std::byte>& values) {
  file_.write(values.data(), values.size());
}

void write_safetensors(const std::filesystem::path& path, const std::vector<RawTensor>& tensors,
                       const Metadata& metadata) {
  std::vector<TensorInfo> infos;
  std::vector<std::uint64_t> sizes;
  for (const RawTensor& tensor : tensors) {
    infos.push_back(tensor.info);
    sizes.push_back(tensor.bytes.size());
  }
  SafetensorsWriter out(path, infos, sizes, metadata);
  for (const RawTensor& tensor : tensors) out.write(tensor.bytes);
  out.commit();
}

}  // namespace pion::io
