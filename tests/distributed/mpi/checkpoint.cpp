// SPDX-License-Identifier: Apache-2.0
// Covers distributed/checkpoint.hpp, distributed/manifest.hpp. What many ranks save, any number of
// ranks loads, however it is cut then; and a save that does not end leaves the one before it.
#include <filesystem>
#include <fstream>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <pion/distributed/checkpoint.hpp>
#include <pion/distributed/one_rank.hpp>
#include <pion/distributed/step.hpp>
#include <pion/optimizer/presets/within.hpp>

#include "distributed/mpi/counted.hpp"
#include "distributed/parts.hpp"
#include "support/catch.hpp"

using namespace pion;
using distributed::chunk, distributed::Mpi, distributed::Part, distributed::sharded;
using distributed::ShardedState, distributed::ShardedStates;

namespace fs = std::filesystem;

namespace {

/// A folder of this run that all ranks see, empty at first and gone in the end.
class Folder {
 public:
  explicit Folder(const Mpi& comm) : comm_(comm) {
    unsigned id = std::random_device()();
    comm.broadcast(&id, 1, 0);
    path_ = fs::temp_directory_path() / ("pion-mpi-" + std::to_string(id));
    fs::create_directory(path_);
    barrier();
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    barrier();
    std::error_code ignored;
    if (comm_.rank() == 0) fs::remove_all(path_, ignored);
  }
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  std::size_t count() const {
    barrier();
    const auto files = std::distance(fs::directory_iterator(path_), fs::directory_iterator());
    barrier();
    return static_cast<std::size_t>(files);
  }
  void barrier() const { distributed::detail::gathered(comm_, 0); }

 private:
  const Mpi& comm_;
  fs::path path_;
};

/// A model of two parameters, cut at random, with states whose whole is the same on all ranks.
struct Model {
  Model(const Mpi& comm, std::uint64_t cuts) {
    std::mt19937_64 random(1), places(cuts);
    for (const auto& [name, rows, cols] :
         {std::tuple<const char*, Index, Index>{"wide", 5, 19}, {"tall", 23, 4}, {"small", 2, 1}}) {
      const Axis axis = places() % 2 == 0 ? Axis::rows : Axis::cols;
      const Part part = random_part(axis == Axis::rows ? rows : cols, comm, places);
      ShardedState<double>& one = states[name];
      one.cut = {rows, cols, axis, part};
      const auto draw = [&, r = rows, c = cols] {
        std::normal_distribution<double> gauss;
        const Eigen::MatrixXd whole =
            Eigen::MatrixXd::NullaryExpr(r, c, [&] { return gauss(random); });
        return part_of(whole, axis, part);
      };
      one.state.momentum = draw();
      one.state.second_moment = draw();
      one.state.steps = 17;
      one.state.recipe = "a recipe";
    }
  }
  void forget() {
    for (auto& entry : states) {
      entry.second.state.momentum.setZero();
      entry.second.state.second_moment.setZero();
      entry.second.state.steps = 0;
    }
  }
  bool operator==(const Model& other) const {
    for (const auto& [name, one] : states) {
      const auto& its = other.states.at(name).state;
      if (one.state.momentum != its.momentum || one.state.steps != its.steps ||
          one.state.second_moment != its.second_moment) {
        return false;
      }
    }
    return true;
  }

  ShardedStates<double> states;
};

/// The connection of the first `count` ranks, which the others do not have.
class First {
 public:
  First(const Mpi& comm, int count) : here_(comm.rank() < count) {
    MPI_Comm_split(MPI_COMM_WORLD, here_ ? 0 : 1, comm.rank(), &all_);
  }
  First(const First&) = delete;
  First& operator=(const First&) = delete;
  ~First() { MPI_Comm_free(&all_); }
  bool here() const { return here_; }
  Mpi comm() const { return Mpi(all_); }

 private:
  bool here_;
  MPI_Comm all_ = MPI_COMM_NULL;
};

/// A communicator of one rank that is lost at its `last`-th call.
struct Lost : distributed::OneRank {
  explicit Lost(int last) : left(last) {}
  template <class T>
  void gather(T* /*all*/, const Index* /*offsets*/) const {
    count();
  }
  template <class T>
  void broadcast(T* /*values*/, Index /*count*/, int /*root*/) const {
    count();
  }
  void count() const {
    if (--left < 0) throw std::logic_error("lost");
  }
  mutable int left;
};

}  // namespace

TEST_CASE("what some ranks save, others load, cut as they like") {
  const Mpi comm;
  const Folder folder(comm);
  const std::string path = folder.file("state");
  for (std::uint64_t round = 0; round < 12; ++round) {
    const int savers = 1 + static_cast<int>(round) % comm.size();
    {
      const First first(comm, savers);
      if (first.here()) distributed::save(first.comm(), path, Model(first.comm(), round).states);
    }
    folder.barrier();
    Model model(comm, 100 + round);
    const Model right = model;
    model.forget();
    distributed::load(comm, path, model.states);
    CHECK(model == right);
    CHECK(folder.count() == static_cast<std::size_t>(savers) + 1);  // no part of an earlier one
  }
}

TEST_CASE("a run that is resumed goes on to the last bit") {
  const Mpi comm;
  const Folder folder(comm);
  const Index rows = 6, cols = 40;
  const Part part = chunk(cols, comm.size(), comm.rank());
  const auto recipe =
      optimizer::Recipe{optimizer::FilteredWithin{{chains::high_pass(2)}, Tolerance{1e-2}},
                        optimizer::HeavyBall{0.9}};
  std::mt19937_64 random(2);
  std::normal_distribution<double> gauss;
  std::vector<Eigen::MatrixXd> gradients;
  for (int step = 0; step < 5; ++step) {
    gradients.push_back(part_of(
        Eigen::MatrixXd::NullaryExpr(rows, cols, [&] { return gauss(random); }), Axis::cols, part));
  }
  Eigen::MatrixXd w = Eigen::MatrixXd::Ones(rows, part.size);
  const auto whole = [&](Eigen::MatrixXd& m) { return sharded(m, Axis::cols, cols, part.offset); };
  ShardedStates<double> states;
  states["w"] = distributed::initial_state(recipe, whole(w));
  optimizer::StepWorkspace workspace;
  const auto step = [&](std::size_t i) {
    distributed::step(comm, recipe, whole(w), whole(gradients[i]), 0.1, states.at("w").state,
                      workspace);
  };
  for (const std::size_t i : {0U, 1U, 2U}) step(i);
  distributed::save(comm, folder.file("state"), states);
  const Eigen::MatrixXd here = w;
  for (const std::size_t i : {3U, 4U}) step(i);
  const Eigen::MatrixXd right = w;
  w = here;
  states["w"] = distributed::initial_state(recipe, whole(w));
  distributed::load(comm, folder.file("state"), states);
  for (const std::size_t i : {3U, 4U}) step(i);
  CHECK(w == right);
}

TEST_CASE("a save that is lost on the way leaves one of the two, whole") {
  const Mpi comm;
  const Folder folder(comm);
  const std::string path = folder.file("state" + std::to_string(comm.rank()));
  const distributed::OneRank alone;
  ShardedStates<double> states;
  states["w"].cut = {2, 3, Axis::rows, {0, 2}};
  auto& momentum = states["w"].state.momentum;
  const auto loaded = [&] {
    ShardedStates<double> read = states;
    distributed::load(alone, path, read);
    return read["w"].state.momentum;
  };
  bool saved = false;
  for (int calls = 0; !saved; ++calls) {
    momentum.setConstant(2, 3, 1.0);
    distributed::save(alone, path, states);
    momentum.setConstant(2.0);
    saved = line_of([&] { distributed::save(Lost(calls), path, states); }).empty();
    const Eigen::MatrixXd found = loaded();
    CHECK((found == Eigen::MatrixXd::Constant(2, 3, 1.0) || found == momentum));
    REQUIRE(calls < 50);
  }
  CHECK(loaded() == momentum);
}

TEST_CASE("a checkpoint that does not fit is refused by all, and changes nothing") {
  const Mpi comm;
  const Folder folder(comm);
  const std::string path = folder.file("state");
  const int last = comm.size() - 1;
  Model model(comm, 1);
  const Model before = model;
  const auto refusal = [&](const ShardedStates<double>& states) {
    ShardedStates<double> changed = states;
    const std::string line = line_of([&] { distributed::load(comm, path, changed); });
    for (const auto& [name, one] : states) {
      CHECK(changed.at(name).state.momentum == one.state.momentum);
    }
    return line;
  };
  CHECK_THAT(refusal(model.states), has_text("rank 0: " + path + ": cannot be read"));
  distributed::save(comm, path, model.states);

  SECTION("a state of one rank that is not cut") {
    if (comm.rank() == last) model.states["tall"].state.parts.push_back({"basis", {}, {}});
    CHECK(line_of([&] { distributed::save(comm, path, model.states); }) ==
          "rank " + std::to_string(last) +
              ": save: the state of \"tall\" remembers basis, which is not cut: save it where one "
              "rank has the whole");
    CHECK(folder.count() == static_cast<std::size_t>(comm.size()) + 1);
    model.forget();
    model.states["tall"].state.parts.clear();
    distributed::load(comm, path, model.states);
    CHECK(model == before);
  }
  SECTION("parts with a gap between them") {
    model.states["wide"].cut.part.size += 1;
    CHECK_THAT(line_of([&] { distributed::save(comm, path, model.states); }),
               has_text("save: \"wide\": "));
    CHECK(folder.count() == static_cast<std::size_t>(comm.size()) + 1);
  }
  SECTION("another shape, recipe or list") {
    auto states = model.states;
    states["wide"].cut.rows = 50;
    CHECK_THAT(refusal(states), has_text("\"wide\" is 5x19, the model's 50x19"));
    states = model.states;
    states["wide"].state.recipe = "another";
    CHECK_THAT(refusal(states), has_text("is of a recipe; the model's recipe is another"));
    states = model.states;
    states.erase("wide");
    CHECK_THAT(refusal(states), has_text("a state of \"wide\", which the model lacks"));
    states = model.states;
    states["more"] = states["wide"];
    CHECK_THAT(refusal(states), has_text("has no state of \"more\""));
  }
  SECTION("a part that is gone, or of another save") {
    std::string part;
    for (const auto& entry : fs::directory_iterator(fs::path(path).parent_path())) {
      if (entry.path().extension() == ".part" &&
          entry.path().string().find("-0.part") != std::string::npos) {
        part = entry.path().string();
      }
    }
    folder.barrier();
    if (comm.rank() == 0) {
      fs::rename(part, part + ".away");
    }
    folder.barrier();
    CHECK_THAT(refusal(model.states), has_text(part + ": cannot be read"));
    if (comm.rank() == 0) {
      optimizer::States<double> others;
      for (const auto& [name, one] : model.states) others[name] = one.state;
      others["wide"].steps = 3;
      optimizer::save(part, others);
    }
    folder.barrier();
    CHECK_THAT(refusal(model.states), has_text(part + ": is not the part that the manifest names"));
  }
  SECTION("a manifest that is cut short, altered, or none") {
    std::ifstream in(path, std::ios::binary);
    const std::string good((std::istreambuf_iterator<char>(in)), {});
    folder.barrier();
    for (const std::size_t size : {std::size_t(0), std::size_t(7), good.size() - 1, good.size()}) {
      std::string bad = good.substr(0, size);
      if (size == good.size()) bad[size / 2] = static_cast<char>(bad[size / 2] ^ 1);
      if (comm.rank() == 0) std::ofstream(path, std::ios::binary) << bad;
      folder.barrier();
      CHECK_THAT(refusal(model.states), has_text(size == good.size() ? "altered" : path + ": "));
      folder.barrier();
    }
  }
}
