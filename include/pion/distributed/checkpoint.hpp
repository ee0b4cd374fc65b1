// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min
#include <cstddef>    // std::size_t
#include <cstdint>    // std::uint32_t, std::uint64_t
#include <filesystem>
#include <map>
#include <random>  // std::random_device
#include <string>
#include <system_error>
#include <utility>  // std::move
#include <vector>

#include <pion/distributed/agree.hpp>
#include <pion/distributed/manifest.hpp>
#include <pion/distributed/sharded.hpp>
#include <pion/optimizer/checkpoint.hpp>
#include <pion/optimizer/step.hpp>

/// One checkpoint of a model whose states lie on many ranks: each rank writes its part, and a
/// manifest binds the parts. It is there when the manifest is, and loads on any number of ranks.
namespace pion::distributed {

/// Holds what one rank remembers of a parameter, and which part of the whole that is.
template <class T>
struct ShardedState {
  optimizer::State<T> state;  ///< Of the local part, for step().
  Cut cut;                    ///< As the state's matrices lie: (out, in).
};

/// The states of the parameters of a model, by name.
template <class T>
using ShardedStates = std::map<std::string, ShardedState<T>>;

/// Makes the state of the local part before the first step.
/// \throws std::invalid_argument if a number of the recipe is out of its range.
template <class R, class M, class S, class D, class W>
auto initial_state(const optimizer::Recipe<R, M, S, D>& recipe, const Sharded<W>& parameter) {
  using T = pion::detail::compute_t<typename pion::detail::plain_t<W>::Scalar>;
  const bool turned = recipe.orientation == optimizer::Orientation::in_out;
  ShardedState<T> made{optimizer::initial_state(recipe, parameter.local), {}};
  made.cut.rows = turned ? parameter.cols() : parameter.rows();
  made.cut.cols = turned ? parameter.rows() : parameter.cols();
  made.cut.axis = turned == (parameter.axis == Axis::rows) ? Axis::cols : Axis::rows;
  made.cut.part = {parameter.offset, parameter.part()};
  return made;
}

namespace detail {

/// The rectangle that two parts of a matrix have in common.
struct Overlap {
  Index row, col, rows, cols;

  Overlap(const Cut& a, const Cut& b)
      : row((std::max)(a.first_row(), b.first_row())),
        col((std::max)(a.first_col(), b.first_col())),
        rows((std::min)(a.first_row() + a.local_rows(), b.first_row() + b.local_rows()) - row),
        cols((std::min)(a.first_col() + a.local_cols(), b.first_col() + b.local_cols()) - col) {}
  bool empty() const { return rows <= 0 || cols <= 0; }
};

/// Copies of `from`, which is the part `has` of a matrix, what lies in the part `wanted` of it.
template <class M>
void copy_overlap(const M& from, const Cut& has, const Cut& wanted, M& to) {
  const Overlap both(has, wanted);
  if (from.size() == 0 || both.empty()) return;
  if (to.size() == 0) to.setZero(wanted.local_rows(), wanted.local_cols());
  to.block(both.row - wanted.first_row(), both.col - wanted.first_col(), both.rows, both.cols) =
      from.block(both.row - has.first_row(), both.col - has.first_col(), both.rows, both.cols);
}

/// Reads this rank's parts of the states from the files that have some of them.
template <class T>
std::map<std::string, optimizer::State<T>> read_parts(const std::string& path,
                                                      const Manifest& manifest,
                                                      const ShardedStates<T>& states) {
  std::map<std::string, optimizer::State<T>> found;
  for (std::size_t r = 0; r < manifest.sums.size(); ++r) {
    bool needed = r == 0;  // for the numbers of steps, where this rank's parts are empty
    for (const auto& [name, cuts] : manifest.parameters) {
      needed = needed || !Overlap(cuts[r], states.at(name).cut).empty();
    }
    if (!needed) continue;
    const std::string file = part_path(path, manifest.id, r);
    auto part = pion::detail::read_states<T>(file, manifest.sums[r]);
    for (const auto& [name, cuts] : manifest.parameters) {
      const auto read = part.find(name);
      if (read == part.end()) {
        pion::detail::refuse_checkpoint(file, "has no state of \"" + name + "\"");
      }
      optimizer::State<T>& saved = read->second;
      const Cut& wanted = states.at(name).cut;
      optimizer::State<T>& state = found[name];
      state.steps = saved.steps;
      state.recipe = saved.recipe;
      // A basis of the axis that is whole, the same on all ranks.
      if (cuts[r].axis == wanted.axis) state.warm_start = std::move(saved.warm_start);
      copy_overlap(saved.momentum, cuts[r], wanted, state.momentum);
      copy_overlap(saved.second_moment, cuts[r], wanted, state.second_moment);
    }
  }
  for (auto& [name, state] : found) {  // matrices of no entries have a shape too
    const optimizer::State<T>& model = states.at(name).state;
    if (state.momentum.size() + model.momentum.size() == 0) state.momentum = model.momentum;
    if (state.second_moment.size() + model.second_moment.size() == 0) {
      state.second_moment = model.second_moment;
    }
  }
  return found;
}

/// The opening of a call on the states of a model.
template <class T>
Opening opening_of_states(Call call, const ShardedStates<T>& states) {
  Hash list;
  for (const auto& [name, one] : states) {
    for (const char letter : name) list.add(letter);
    list.add(one.cut.rows).add(one.cut.cols).add(one.cut.axis);
  }
  Opening opening;
  opening.call = Hash().add(call).add(sizeof(T)).value();
  opening.list = list.value();
  return opening;
}

/// Removes a file at the end, unless it is kept.
class NewPart {
 public:
  explicit NewPart(std::string file) : file_(std::move(file)) {}
  NewPart(const NewPart&) = delete;
  NewPart& operator=(const NewPart&) = delete;
  ~NewPart() {
    std::error_code ignored;
    if (!file_.empty()) std::filesystem::remove(file_, ignored);
  }
  void keep() { file_.clear(); }

 private:
  std::string file_;
};

}  // namespace detail

/// Writes the states of all ranks to `path`, complete or not at all. Every rank calls it, with one
/// path of a file system that all see.
///
/// Each rank writes a file of its own beside it, PATH.ID-RANK.part, an ordinary checkpoint of its
/// parts. When the disk has all of them, rank 0 writes the manifest to PATH, which names them; then
/// the parts of the manifest that it replaces are removed. A run that is killed on the way leaves
/// the checkpoint before it whole, and may leave parts that no manifest names. Save to one path
/// from one run at a time.
/// \throws on every rank, the line of the first rank in trouble: std::runtime_error if a file
///         cannot be written; std::invalid_argument if the ranks' parameters or shapes differ, the
///         parts of one do not make up the whole, or a state remembers more than the two moments,
///         which is not cut. The checkpoint before is then as it was.
template <class C, class T>
void save(const C& comm, const std::string& path, const ShardedStates<T>& states) {
  require_communicator<C>();
  detail::Manifest manifest;
  if (comm.rank() == 0) {
    std::random_device random;
    manifest.id = (static_cast<std::uint64_t>(random()) << 32U) | random();
  }
  comm.broadcast(&manifest.id, 1, 0);
  const std::string mine =
      detail::part_path(path, manifest.id, static_cast<std::size_t>(comm.rank()));
  std::uint64_t sum = 0;
  std::vector<Part> parts;
  const detail::Trouble trouble = detail::trouble_of([&] {
    for (const auto& [name, one] : states) {
      if (!one.state.parts.empty()) {
        pion::detail::refuse_argument("save: the state of \"" + name + "\" remembers " +
                                      one.state.parts.front().name +
                                      ", which is not cut: save it where one rank has the whole");
      }
      parts.push_back(one.cut.part);
    }
    sum = pion::detail::write_states<T>(
        mine, states,
        [](const ShardedState<T>& one) -> const optimizer::State<T>& { return one.state; });
  });
  detail::NewPart written(mine);
  detail::open(comm, detail::opening_of_states(detail::Call::save, states), trouble);
  manifest.sums = detail::gathered(comm, sum);
  const std::vector<Part> all_parts = detail::gathered(comm, parts);
  std::size_t i = 0;
  for (const auto& [name, one] : states) {
    std::vector<Cut>& cuts = manifest.parameters[name];
    for (std::size_t r = 0; r < manifest.sums.size(); ++r) {
      cuts.push_back(one.cut);
      cuts.back().part = all_parts[r * states.size() + i];
    }
    detail::joined_parts("save: \"" + name + "\": ", comm.size(), one.cut.extent(),
                         [&cuts](int r) { return cuts[static_cast<std::size_t>(r)].part; });
    ++i;
  }
  written.keep();  // for from here on a manifest may name it
  std::vector<std::string> before;
  const detail::Trouble at_rank_0 = detail::trouble_of([&] {
    if (comm.rank() != 0) return;
    before = detail::files_of_manifest(path);
    detail::write_manifest(path, manifest);
  });
  const auto told = detail::gathered(comm, detail::announce(at_rank_0));
  std::error_code ignored;
  if (told.front().kind != detail::Trouble::Kind::none) std::filesystem::remove(mine, ignored);
  detail::refuse_together(comm, told, at_rank_0);
  for (const std::string& file : before) std::filesystem::remove(file, ignored);
}

/// Fills the states of all ranks with what save() wrote, on as many ranks or others, cut as they
/// were or otherwise. Every rank calls it; each reads the parts one after another.
/// \param[in,out] states  made by distributed::initial_state(), or cut as it does.
/// \throws on every rank, the line of the first rank in trouble: std::runtime_error that names the
///         file and what is wrong with it, as optimizer::load(), or the manifest, or a part that is
///         missing or not the manifest's; std::invalid_argument if the ranks' parameters or shapes
///         differ. Nothing is then changed on any rank.
template <class C, class T>
void load(const C& comm, const std::string& path, ShardedStates<T>& states) {
  require_communicator<C>();
  std::map<std::string, optimizer::State<T>> found;
  const detail::Trouble trouble = detail::trouble_of([&] {
    const detail::Manifest manifest = detail::read_manifest(path);
    detail::require_same_parameters(path, manifest, states);
    found = detail::read_parts<T>(path, manifest, states);
    for (auto& [name, state] : found) {
      pion::detail::require_same_parameter(path, name, state, states.at(name).state);
    }
  });
  detail::open(comm, detail::opening_of_states(detail::Call::load, states), trouble);
  for (auto& [name, state] : found) states.at(name).state = std::move(state);
}

}  // namespace pion::distributed
