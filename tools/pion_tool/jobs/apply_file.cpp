// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/jobs/apply_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "pion_tool/cli/progress.hpp"
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

FileFiltering::FileFiltering(std::string path, const io::TensorFile& file, Filtering filtering,
                             const HeadOptions& heads, std::optional<double> tolerance)
    : path_(std::move(path)),
      file_(file),
      quantized_(file.entries()),
      filtering_(std::move(filtering)),
      heads_(heads),
      tolerance_(tolerance) {}

void FileFiltering::filter(io::Tensor& tensor) {
  const Outcome outcome = filtering_(tensor);
  require_tolerance(tolerance_, outcome);
  result_.filtered.push_back(outcome);
}

io::Tensor FileFiltering::one(const io::TensorInfo& info) {
  const std::string_view owner = quantized_.owner_of(info);
  if (!owner.empty()) throw error_about(path_, info.name, reason_of(owner));
  io::Tensor tensor = about(path_, info.name, info.shape, wanted(info), [&] {
    io::Tensor loaded = file_.load(info.name);
    filter(loaded);
    return loaded;
  });
  require_heads();
  return tensor;
}

std::vector<std::byte> FileFiltering::bytes(const io::SafetensorsFile& file,
                                            const io::TensorInfo& info) {
  const std::string_view owner = quantized_.owner_of(info);
  if (!owner.empty()) {
    result_.quantized.push_back({info.name, reason_of(owner)});
  } else if (!info.problem.empty()) {
    result_.bad.push_back({info.name, info.problem});
  } else if (info.dtype && is_matrix(info)) {
    io::Tensor tensor = file.load(info.name);
    try {
      filter(tensor);
    } catch (const std::domain_error& values) {  // the tensor is as it was
      result_.bad.push_back({info.name, std::string(reason_in(values.what()))});
    }
    return std::move(tensor.bytes);
  }
  return file.load_raw(info.name).bytes;
}

void FileFiltering::all(const io::SafetensorsFile& file, const std::filesystem::path& out) {
  io::SafetensorsWriter writer(out, file.entries(), file.sizes(), file.metadata());
  {
    Progress progress(file.entries().size());
    for (const io::TensorInfo& info : file.entries()) {
      progress.step(info.name);
      writer.write(
          about(path_, info.name, info.shape, wanted(info), [&] { return bytes(file, info); }));
    }
  }
  result_.copied = file.entries().size() - result_.filtered.size();
  if (result_.filtered.empty()) {
    for (const auto* list : {&result_.bad, &result_.quantized}) {
      if (!list->empty()) throw error_about(path_, list->front().tensor, list->front().reason);
    }
    throw no_matrix(path_, file.entries());
  }
  require_heads();
  writer.commit();
}

void FileFiltering::require_heads() const {
  const auto whole = [](const Outcome& x) { return x.heads == 0; };
  if (heads_.heads > 0 && std::all_of(result_.filtered.begin(), result_.filtered.end(), whole)) {
    throw io::Error("--heads", "no tensor's name tells how its heads lie; say it with --axis");
  }
}

}  // namespace pion::tool
