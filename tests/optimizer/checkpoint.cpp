// SPDX-License-Identifier: Apache-2.0
// Covers its own header and detail/crc64.hpp, optimizer/state.hpp.
// A run goes on from a checkpoint bit for bit; a file that is not whole changes nothing.

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include <pion/optimizer.hpp>

#include "support/catch.hpp"

using namespace pion;
using namespace pion::optimizer;

namespace {

namespace fs = std::filesystem;

template <class T>
using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;

/// A folder of its own, gone afterwards.
struct Folder {
  Folder() : path(fs::temp_directory_path() / ("pion_" + std::to_string(std::random_device()()))) {
    fs::create_directory(path);
  }
  ~Folder() { fs::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string file(const char* name) const { return (path / name).string(); }
  fs::path path;
};

std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

template <class T>
bool same(const States<T>& a, const States<T>& b) {
  if (a.size() != b.size()) return false;
  for (const auto& [name, state] : a) {
    const auto other = b.find(name);
    if (other == b.end() || state.steps != other->second.steps ||
        state.momentum != other->second.momentum ||
        state.second_moment != other->second.second_moment) {
      return false;
    }
  }
  return true;
}

/// Two parameters, one with Pion and one with AdamW, trained on a stream of gradients.
template <class T>
struct Model {
  Matrix<T> weight = Matrix<T>::Zero(6, 9), bias = Matrix<T>::Zero(6, 1);
  States<T> states;
  std::mt19937 random{7};

  Model() {
    states["weight"] = initial_state(presets::pion(), weight);
    states["bias"] = initial_state(presets::adamw(), bias);
  }
  Matrix<T> gradient(Index rows, Index cols) {
    std::normal_distribution<T> gauss;
    return Matrix<T>::NullaryExpr(rows, cols, [&] { return gauss(random); });
  }
  void train(int steps) {
    StepWorkspace workspace;
    for (int i = 0; i < steps; ++i) {
      step(presets::pion(), weight, gradient(6, 9), 0.1, states["weight"], workspace);
      step(presets::adamw(), bias, gradient(6, 1), 0.1, states["bias"], workspace);
    }
  }
};

}  // namespace

TEMPLATE_TEST_CASE("a run that is saved and resumed is the run that was not, bit for bit", "",
                   float, double) {
  const Folder folder;
  const std::string path = folder.file("run");
  Model<TestType> whole;
  whole.train(5);
  Model<TestType> resumed;
  save(path, whole.states);
  CHECK(!fs::exists(path + ".tmp"));
  load(path, resumed.states);
  CHECK(same(resumed.states, whole.states));
  resumed.weight = whole.weight;
  resumed.bias = whole.bias;
  resumed.random = whole.random;
  whole.train(5);
  resumed.train(5);
  CHECK(resumed.weight == whole.weight);
  CHECK(resumed.bias == whole.bias);
  CHECK(same(resumed.states, whole.states));
  save(path, whole.states);  // over the old file
  load(path, resumed.states);
  CHECK(same(resumed.states, whole.states));
}

TEST_CASE("a file truncated at any length, or with any byte changed, is refused by name") {
  const Folder folder;
  const std::string path = folder.file("run");
  Model<float> model;
  model.train(2);
  save(path, model.states);
  const std::string bytes = bytes_of(path);
  Model<float> fresh;
  const auto before = fresh.states;
  const auto refused = [&](const std::string& altered) {
    write(path, altered);
    try {
      load(path, fresh.states);
    } catch (const std::runtime_error& e) {
      return std::strncmp(e.what(), path.c_str(), path.size()) == 0;
    }
    return false;
  };
  bool all = true;
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    all = all && refused(bytes.substr(0, length));
  }
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string altered = bytes;
    altered[i] = static_cast<char>(altered[i] ^ (1 << (i % 8)));
    all = all && refused(altered);
  }
  CHECK(all);
  CHECK(refused(bytes + '\0'));
  CHECK(same(fresh.states, before));
}

TEST_CASE("a file that cannot be written leaves the old one as it was") {
  const Folder folder;
  const std::string path = folder.file("run");
  Model<float> model;
  save(path, model.states);
  const std::string bytes = bytes_of(path);
  model.train(1);
  const auto refuses = [&](const std::string& where, const std::string& why) {
    CHECK_THROWS_WITH(save(where, model.states), has_text(where + ": cannot be written" + why));
    CHECK(!fs::is_symlink(where + ".tmp"));
    CHECK(!fs::exists(where + ".tmp"));
  };
  if (fs::exists("/dev/full")) {  // a disk without room
    fs::create_symlink("/dev/full", path + ".tmp");
    refuses(path, "");
    CHECK(bytes_of(path) == bytes);
  }
  // Nothing can be renamed to a folder that is not empty.
  const std::string taken = folder.file("taken");
  fs::create_directories(taken + "/by this");
  refuses(taken, ": ");
  CHECK(fs::exists(taken + "/by this"));
}

TEST_CASE("each refusal says what is wrong") {
  const Folder folder;
  const std::string path = folder.file("run");
  Model<float> model;
  save(path, model.states);
  const std::string bytes = bytes_of(path);
  const auto says = [&](auto& states, const std::string& why) {
    const auto before = states;
    CHECK_THROWS_WITH(load(path, states), path + ": " + why);
    CHECK(same(states, before));
  };
  auto states = model.states;
  states.erase("bias");
  says(states, "has a state of \"bias\", which the model lacks");
  states = model.states;
  states["third"] = initial_state(presets::sgd(), model.bias);
  says(states, "has no state of \"third\"");
  states = model.states;
  states["bias"] = initial_state<float>(presets::adamw(), 5, 1);
  says(states, "the momentum of \"bias\" is 6x1, the model's 5x1");
  states["bias"] = initial_state(presets::sgd(), model.bias);
  says(states, "the second moment of \"bias\" is 6x1, the model's 0x0");
  Model<double> doubles;
  says(doubles.states, "its scalars have 4 bytes, the model's 8");

  std::string altered = bytes;
  altered[8] = 1;
  write(path, altered);
  says(states, "has version 1, this program reads version 3");
  write(path, "something else that is long enough to be one");
  says(states, "not a checkpoint of pion's optimisers");
  write(path, bytes.substr(0, bytes.size() - 1));
  says(states, "truncated or altered: its checksum does not match");
  fs::remove(path);
  says(states, "cannot be read");
  fs::create_directory(path);
  says(states, "cannot be read");
  const std::string nowhere = folder.file("none/run");
  CHECK_THROWS_WITH(save(nowhere, model.states), nowhere + ": cannot be written");
}

TEST_CASE("numbers that a right checksum vouches for are still not believed") {
  // Patches a number and the checksum: what a program other than save() could write.
  const Folder folder;
  const std::string path = folder.file("run");
  States<float> states{{"w", initial_state<float>(presets::sgd(), 2, 2)}};
  save(path, states);
  const std::string bytes = bytes_of(path);
  const auto refused = [&](std::string altered) {
    pion::detail::Crc64 sum;
    sum.add(altered.data(), altered.size() - 8);
    const std::uint64_t value = sum.value();
    std::memcpy(&altered[altered.size() - 8], &value, sizeof value);
    write(path, altered);
    CHECK_THROWS_AS(load(path, states), std::runtime_error);
  };
  const auto patched = [&](std::size_t at, std::int64_t number) {
    std::string altered = bytes;
    std::memcpy(&altered[at], &number, sizeof number);
    refused(altered);
  };
  refused(bytes + std::string(8, '\0'));  // more than its states
  constexpr std::int64_t huge = std::numeric_limits<std::int64_t>::max();
  const std::size_t count = 16, name = 24, steps = name + 8 + 1, rows = steps + 8, cols = rows + 8;
  for (const std::int64_t number : {huge, std::int64_t{-1}, std::int64_t{3}, std::int64_t{0}}) {
    for (const std::size_t at : {count, name, rows, cols}) patched(at, number);
  }
  patched(rows, std::int64_t{1} << 32);
  patched(rows, std::int64_t{1} << 61);  // times 2 columns of 4 bytes: 0 in 64 bits
  patched(steps, -1);
}

TEST_CASE("the checksum is CRC-64/XZ") {
  pion::detail::Crc64 sum;
  sum.add("123456789", 9);
  CHECK(sum.value() == 0x995DC9BBDF1939FAULL);
}

TEST_CASE("a state is visited by name") {
  auto state = initial_state<float>(presets::adamw(), 2, 3);
  std::string names;
  visit(state, [&names](const char* name, auto& member) {
    names += std::string(name) + " ";
    if constexpr (std::is_same_v<decltype(member), State<float>::Matrix&>) {
      CHECK(member.size() == 6);
      member.setOnes();
    }
  });
  CHECK(names == "steps momentum second_moment warm_start ");
  CHECK(state.second_moment.sum() == 6.0F);
}
