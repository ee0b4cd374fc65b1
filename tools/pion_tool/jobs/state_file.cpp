// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/jobs/state_file.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <cstring>
#include <pion/detail/crc64.hpp>
#include <string>
#include <utility>
#include <vector>

#include "pion_tool/cli/parse.hpp"
#include "pion_tool/io/safetensors.hpp"

namespace pion::tool {
namespace {

constexpr const char* kind = "state of an optimizer of pion";
constexpr const char* version = "1";

template <class T>
constexpr io::DType dtype_of = sizeof(T) == 4 ? io::DType::f32 : io::DType::f64;

/// Calls f(name, matrix) for each matrix of a state, whose entries are T or bytes.
template <class S, class F>
void for_each_matrix(S& state, const F& f) {
  f("momentum", state.momentum);
  f("second_moment", state.second_moment);
  for (auto& part : state.parts) {
    f(part.name, part.values);
    f(part.name, part.codes);
  }
}

template <class Matrix>
io::RawTensor tensor_of(const std::string& name, const Matrix& matrix) {
  using Entry = typename Matrix::Scalar;
  if constexpr (sizeof(Entry) == 1) {
    io::TensorInfo info{name, "I8", {}, {matrix.rows(), matrix.cols()}};
    std::vector<std::byte> bytes(static_cast<std::size_t>(matrix.size()));
    const io::RowMajor<Entry> rows = matrix;
    std::memcpy(bytes.data(), rows.data(), bytes.size());
    return {std::move(info), std::move(bytes)};
  } else {
    return io::from_matrix(name, matrix, dtype_of<Entry>);
  }
}

template <class T>
std::vector<io::RawTensor> tensors_of(const optimizer::State<T>& state) {
  std::vector<io::RawTensor> all;
  const auto add = [&all](const std::string& name, const auto& matrix) {
    if (matrix.size() > 0) all.push_back(tensor_of(name, matrix));
  };
  for_each_matrix(state, add);
  add("warm_start", detail::ColumnMajor<T>(engine::as_eigen(state.warm_start.basis())));
  return all;
}

std::string checksum(const std::vector<io::RawTensor>& tensors) {
  detail::Crc64 sum;
  for (const io::RawTensor& tensor : tensors) {
    sum.add(tensor.info.name.data(), tensor.info.name.size());
    sum.add(reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size());
  }
  return fmt::format("{:016x}", sum.value());
}

/// What a state must agree in with the step that it is loaded for, in the order of looking.
template <class T>
std::vector<std::pair<std::string, std::string>> facts(const recipes::MadeRecipe& recipe,
                                                       Index rows, Index cols,
                                                       const optimizer::State<T>& state) {
  const bool in_out = recipe.parts.orientation == optimizer::Orientation::in_out;
  return {{"shape", fmt::format("{}x{}", rows, cols)},
          {"orientation", in_out ? "in_out" : "out_in"},
          {"scalar", std::string(io::name_of(dtype_of<T>))},
          {"signature", state.recipe}};
}

/// Reads a file of state, and refuses by its name.
class Reader {
 public:
  explicit Reader(const std::filesystem::path& path) : name_(path.string()), file_(path) {
    if (text("kind") != kind) refuse("is not a file that --save-state wrote");
    if (text("version") != version) {
      refuse(fmt::format("has version {}, and this program reads version {}", text("version"),
                         version));
    }
  }

  [[noreturn]] void refuse(const std::string& why) const { throw io::Error(name_, why); }

  std::string text(const std::string& key) const {
    const auto found = file_.metadata().find(key);
    return found == file_.metadata().end() ? std::string() : found->second;
  }
  std::int64_t number(const std::string& key, std::int64_t most) const {
    return whole_number(name_ + ": " + key, text(key), 0, most);
  }

  /// Fills a matrix of the state with the tensor of that name, if it has entries.
  template <class Matrix>
  void read(const std::string& name, Matrix& matrix) {
    using Entry = typename Matrix::Scalar;
    if (matrix.size() == 0) return;
    const io::RawTensor there = raw(name);
    const io::TensorInfo wanted = tensor_of(name, matrix).info;
    if (there.info.shape != wanted.shape || there.info.dtype_name != wanted.dtype_name) {
      refuse(fmt::format("tensor {} is {} {}, and the recipe has {} {}", io::quote(name),
                         there.info.dtype_name, io::to_string(there.info.shape), wanted.dtype_name,
                         io::to_string(wanted.shape)));
    }
    if constexpr (sizeof(Entry) == 1) {
      io::RowMajor<Entry> rows(matrix.rows(), matrix.cols());
      std::memcpy(rows.data(), there.bytes.data(), there.bytes.size());
      matrix = rows;
    } else {
      matrix = io::to_matrix<Entry>(file_.load(name));
    }
  }

  template <class T>
  void read_warm_start(optimizer::State<T>& state) {
    if (has("warm_start")) {
      const io::RawTensor there = raw("warm_start");
      if (there.info.shape.size() != 2 || there.info.shape[0] != state.momentum.rows()) {
        refuse("tensor \"warm_start\" has other rows than the momentum");
      }
      detail::ColumnMajor<T> basis(there.info.shape[0], there.info.shape[1]);
      read("warm_start", basis);
      state.warm_start.remember({basis.data(), basis.rows(), basis.cols()});
    }
    state.warm_start.backoff() = Backoff::resumed(static_cast<int>(number("failures", INT32_MAX)),
                                                  static_cast<int>(number("pause", INT32_MAX)));
  }

  std::size_t tensors() const { return file_.entries().size(); }

 private:
  bool has(const std::string& name) const {
    for (const io::TensorInfo& info : file_.entries()) {
      if (info.name == name) return true;
    }
    return false;
  }
  io::RawTensor raw(const std::string& name) const {
    if (!has(name)) io::throw_missing(name_, name, file_.entries());
    return file_.load_raw(name);
  }

  std::string name_;
  io::SafetensorsFile file_;
};

}  // namespace

template <class T>
void save_state(const std::filesystem::path& path, const recipes::MadeRecipe& recipe, Index rows,
                Index cols, const optimizer::State<T>& state) {
  const std::vector<io::RawTensor> tensors = tensors_of(state);
  io::Metadata about = {{"kind", kind},
                        {"version", version},
                        {"recipe", recipe.text},
                        {"steps", std::to_string(state.steps)},
                        {"failures", std::to_string(state.warm_start.backoff().failures())},
                        {"pause", std::to_string(state.warm_start.backoff().pause())},
                        {"crc64", checksum(tensors)}};
  for (const auto& [key, value] : facts(recipe, rows, cols, state)) about[key] = value;
  io::write_safetensors(path, tensors, about);
}

template <class T>
void load_state(const std::filesystem::path& path, const recipes::MadeRecipe& recipe, Index rows,
                Index cols, optimizer::State<T>& state) {
  Reader file(path);
  for (const auto& [key, value] : facts(recipe, rows, cols, state)) {
    if (file.text(key) == value) continue;
    if (key == "signature") {
      file.refuse(
          fmt::format("is a state of {}, and the recipe is {}", file.text("recipe"), recipe.text));
    }
    file.refuse(fmt::format("its {} is {}, and this step's is {}", key, file.text(key), value));
  }
  optimizer::State<T> read = state;
  for_each_matrix(read,
                  [&file](const std::string& name, auto& matrix) { file.read(name, matrix); });
  file.read_warm_start(read);
  read.steps = file.number("steps", INT64_MAX);
  const std::vector<io::RawTensor> tensors = tensors_of(read);
  if (file.tensors() != tensors.size()) {
    file.refuse(fmt::format("holds {} tensors, and a state of this recipe has {}", file.tensors(),
                            tensors.size()));
  }
  if (file.text("crc64") != checksum(tensors)) {
    file.refuse("is altered: its checksum does not match");
  }
  state = std::move(read);
}

template void save_state(const std::filesystem::path&, const recipes::MadeRecipe&, Index, Index,
                         const optimizer::State<float>&);
template void save_state(const std::filesystem::path&, const recipes::MadeRecipe&, Index, Index,
                         const optimizer::State<double>&);
template void load_state(const std::filesystem::path&, const recipes::MadeRecipe&, Index, Index,
                         optimizer::State<float>&);
template void load_state(const std::filesystem::path&, const recipes::MadeRecipe&, Index, Index,
                         optimizer::State<double>&);

}  // namespace pion::tool
