// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/jobs/apply_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "pion_tool/io/atomic_folder.hpp"
#include "pion_tool/io/float8.hpp"
#include "pion_tool/io/identity.hpp"
#include "pion_tool/io/shard_index.hpp"
#include "pion_tool/io/tensor_errors.hpp"

namespace pion::tool {
namespace {

/// Bytes for each value at the peak, measured on a square matrix of float32: the bytes read and
/// written, the matrix before and after, and a dense chain's workspace, in 32 bits at least.
double wanted(const io::TensorInfo& info) {
  constexpr double copies = 6.75;
  return copies * (info.dtype == io::DType::f64 ? 8.0 : 4.0);
}

std::string reason_of(std::string_view owner) {
  return fmt::format("it belongs to the quantised weight {}; convert that to BF16 or F32 first",
                     io::quote(owner));
}

/// What a weight in 8 bits is written as.
io::TensorInfo as_bfloat16(const io::TensorInfo& info) {
  return {info.name, std::string(io::name_of(io::DType::bf16)), io::DType::bf16, info.shape};
}

io::Tensor to_bfloat16(const io::Tensor& tensor) {
  return io::from_matrix(tensor.name, io::to_matrix<float>(tensor), io::DType::bf16);
}

/// Refuses a result whose error is not proved to be within the tolerance.
void require_tolerance(std::optional<double> tolerance, const Outcome& x) {
  if (!tolerance || (x.bound && *x.bound <= *tolerance)) return;
  const std::string proved = x.bound ? fmt::format("an error of at most {}", *x.bound)
                                     : "no bound of its error; lowrank does, of whole matrices "
                                       "with the Frobenius norm";
  throw io::Error("--tolerance",
                  fmt::format("{} cannot be certified for tensor {}: the method {} proves {}",
                              *tolerance, io::quote(x.tensor), name(x.method), proved));
}

}  // namespace

FileFiltering::FileFiltering(const io::Checkpoint& model, Filtering filtering,
                             const HeadOptions& heads, std::optional<double> tolerance)
    : model_(model),
      quantized_(model.all_entries()),
      filtering_(std::move(filtering)),
      heads_(heads),
      tolerance_(tolerance) {
  for (std::size_t shard = 0; shard < model.shards().size(); ++shard) {
    for (const io::TensorInfo& info : model.entries(shard)) {
      if (is_matrix(info) && !info.dtype && io::is_readable(info)) widen(info);
    }
  }
}

void FileFiltering::widen(const io::TensorInfo& weight) {
  const io::TensorInfo* const table = model_.table_of(weight);
  if (table != nullptr) {
    if (!table->dtype || !io::layout_of(table->shape, weight.shape[0], weight.shape[1])) return;
    left_out_.insert(table->name);
  }
  const std::size_t module = weight.name.rfind('.') + 1;  // 0 where there is no dot
  const std::string input = weight.name.substr(0, module) + "input_scale";
  if (model_.find(input) != nullptr) left_out_.insert(input);
  widened_.insert(weight.name);
}

void FileFiltering::filter(io::Tensor& tensor) {
  const Outcome outcome = filtering_(tensor);
  require_tolerance(tolerance_, outcome);
  result_.filtered.push_back(outcome);
}

io::Tensor FileFiltering::load(const io::TensorFile& file, const io::TensorInfo& info) const {
  if (widened_.count(info.name) == 0) return file.load(info.name);
  return model_.load(file, info, {info.name, info.shape[0], info.shape[1]});
}

io::Tensor FileFiltering::one(const io::TensorInfo& info) {
  const std::string_view owner = quantized_.owner_of(info);
  if (!owner.empty()) throw error_about(model_.name(), info.name, reason_of(owner));
  io::Tensor tensor = about(model_.name(), info.name, info.shape, wanted(info), [&] {
    io::Tensor loaded = load(model_.open(model_.shard_of(info)), info);
    filter(loaded);
    return widened_.count(info.name) > 0 ? to_bfloat16(loaded) : loaded;
  });
  require_heads();
  return tensor;
}

std::vector<std::byte> FileFiltering::bytes(const io::TensorFile& file,
                                            const io::TensorInfo& info) {
  const std::string_view owner = quantized_.owner_of(info);
  const bool is_widened = widened_.count(info.name) > 0;
  if (!owner.empty()) {
    result_.quantized.push_back({info.name, reason_of(owner)});
  } else if (!info.problem.empty()) {
    result_.bad.push_back({info.name, info.problem});
  } else if (is_widened || (info.dtype && is_matrix(info))) {
    io::Tensor tensor = load(file, info);
    try {
      filter(tensor);
    } catch (const std::domain_error& values) {  // the tensor is as it was
      result_.bad.push_back({info.name, std::string(reason_in(values.what()))});
    }
    return is_widened ? to_bfloat16(tensor).bytes : std::move(tensor.bytes);
  }
  return file.safetensors()->load_raw(info.name).bytes;
}

io::SafetensorsWriter FileFiltering::write(const io::TensorFile& shard,
                                           const std::filesystem::path& out, Progress& progress) {
  const std::vector<std::uint64_t> stored = shard.safetensors()->sizes();
  std::vector<io::TensorInfo> read, written;
  std::vector<std::uint64_t> sizes;
  for (std::size_t i = 0; i < stored.size(); ++i) {
    const io::TensorInfo& info = shard.entries()[i];
    if (left_out_.count(info.name) > 0) continue;
    const bool is_widened = widened_.count(info.name) > 0;
    read.push_back(info);
    written.push_back(is_widened ? as_bfloat16(info) : info);
    sizes.push_back(is_widened ? 2 * stored[i] : stored[i]);
    bytes_ += sizes.back();
  }
  io::SafetensorsWriter writer(out, written, sizes, shard.safetensors()->metadata());
  for (const io::TensorInfo& info : read) {
    progress.step(info.name);
    writer.write(about(shard.path(), info.name, info.shape, wanted(info),
                       [&] { return bytes(shard, info); }));
  }
  result_.copied += read.size();
  return writer;
}

void FileFiltering::require_filtered() {
  result_.widened = widened_.size();
  result_.tables.assign(left_out_.begin(), left_out_.end());
  result_.copied -= result_.filtered.size();
  if (result_.filtered.empty()) {
    for (const auto* list : {&result_.bad, &result_.quantized}) {
      if (list->empty()) continue;
      throw error_about(model_.name(), list->front().tensor, list->front().reason);
    }
    throw no_matrix(model_.name(), model_.all_entries());
  }
  require_heads();
}

void FileFiltering::file(const std::filesystem::path& out) {
  Progress progress(model_.entries(0).size());
  io::SafetensorsWriter writer = write(model_.open(0), out, progress);
  require_filtered();
  writer.commit();
}

void FileFiltering::folder(const std::filesystem::path& out) {
  std::vector<std::string> names;
  for (const std::filesystem::path& shard : model_.shards()) {
    names.push_back(io::text_of(shard.filename()));
    if (shard.extension() != ".safetensors") {
      throw io::Error(shard.string(),
                      "only shards of .safetensors can be filtered together; name "
                      "a tensor by --tensor");
    }
  }
  if (!model_.index().empty()) names.push_back(io::text_of(model_.index().filename()));
  const auto gone = [&](const io::TensorInfo& info) { return left_out_.count(info.name) > 0; };
  io::AtomicFolder folder(out, names);
  {
    Progress progress(model_.all_entries().size());
    for (std::size_t i = 0; i < model_.shards().size(); ++i) {
      const std::vector<io::TensorInfo>& all = model_.entries(i);
      const bool empty = !all.empty() && std::all_of(all.begin(), all.end(), gone);
      if (!empty) {
        write(model_.open(i), folder.place_of(model_.shards()[i].filename()), progress).commit();
      }
    }
  }
  require_filtered();
  if (!model_.index().empty()) {
    const std::string index = io::read_text(model_.index(), io::largest_index);
    io::write_text(folder.place_of(model_.index().filename()),
                   widened_.empty() ? index : io::rewrite_shard_index(index, left_out_, bytes_));
  }
  folder.commit();
}

void FileFiltering::require_heads() const {
  const auto whole = [](const Outcome& x) { return x.heads == 0; };
  if (heads_.heads == 0 || !std::all_of(result_.filtered.begin(), result_.filtered.end(), whole)) {
    return;
  }
  throw io::Error("--heads", heads_.axis ? "every matrix is a factor of LoRA, which stays whole"
                                         : "no tensor's name tells how its heads lie; say it with "
                                           "--axis");
}

}  // namespace pion::tool
