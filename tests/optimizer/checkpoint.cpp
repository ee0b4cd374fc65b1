// SPDX-License-Identifier: Apache-2.0
// Covers its own header and optimizer/checkpoint_format.hpp, detail/crc64.hpp,
// detail/atomic_file.hpp, detail/new_file.hpp, optimizer/state.hpp.
// A run goes on from a checkpoint bit for bit; a file that is not whole changes nothing.

#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <thread>
#include <vector>

#if defined(__unix__)
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

#include <pion/optimizer.hpp>
#include <pion/optimizer/presets/low_rank.hpp>

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
  std::size_t entries() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(path), fs::directory_iterator()));
  }
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
  CHECK(folder.entries() == 1);
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

TEST_CASE("a file that cannot be written leaves the old one as it was, and nothing beside it") {
  const Folder folder;
  const std::string path = folder.file("run");
  Model<float> model;
  save(path, model.states);
  const std::string bytes = bytes_of(path);
  model.train(1);
  const auto refuses = [&](const std::string& where, const std::string& why) {
    CHECK_THROWS_WITH(save(where, model.states), where + ": cannot be written: " + why);
    CHECK(bytes_of(path) == bytes);
  };
#if defined(__unix__)
  // Without the check of the limit the program would end by a signal.
  struct rlimit before = {};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  struct rlimit low = before;
  low.rlim_cur = bytes.size() - 1;
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &low) == 0);
  refuses(path, "File too large");
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  refuses("/dev/null", "it is not a regular file");
#endif
  CHECK(folder.entries() == 1);
  fs::create_directory(folder.file("taken"));
  refuses(folder.file("taken"), "Is a directory");
  refuses(folder.file("none/run"), "No such file or directory");
  CHECK(folder.entries() == 2);
}

#if defined(__unix__)
TEST_CASE("a file that is replaced keeps its mode, and a link to it stays a link") {
  const Folder folder;
  const std::string path = folder.file("run"), link = folder.file("link");
  Model<float> model;
  const std::string users = folder.file("link.tmp");
  write(users, "the user's own");
  fs::create_symlink("run", link);
  save(link, model.states);  // to what is not there yet
  REQUIRE(fs::is_regular_file(fs::symlink_status(path)));
  // More than the umask would leave, and less.
  for (const fs::perms mode : {fs::perms(0600), fs::perms(0666)}) {
    fs::permissions(path, mode);
    model.train(1);
    save(link, model.states);
    CHECK(fs::is_symlink(link));
    CHECK(fs::status(path).permissions() == mode);
    Model<float> other;
    load(path, other.states);
    CHECK(same(other.states, model.states));
  }
  CHECK(bytes_of(users) == "the user's own");
  CHECK(folder.entries() == 3);
  fs::remove(link);
  fs::create_symlink("link", link);
  CHECK_THROWS_AS(save(link, model.states), std::runtime_error);
}
#endif

#if defined(__unix__)
TEST_CASE("a program that is killed while it saves leaves the old file or the new one, whole") {
  const Folder folder;
  const std::string path = folder.file("run");
  // Some 8 MB: what a save takes is for the most part writing.
  States<float> both[2];
  for (int i = 0; i < 2; ++i) {
    both[i]["w"] = initial_state<float>(presets::adamw(), 1000, 1000);
    both[i]["w"].steps = i;
  }
  save(path, both[0]);
  std::mt19937 random{11};
  std::uniform_int_distribution<int> microseconds(0, 30000);
  int whole = 0;
  for (int moment = 0; moment < 40; ++moment) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      for (int i = 1;; ++i) save(path, both[i % 2]);
    }
    std::this_thread::sleep_for(std::chrono::microseconds(microseconds(random)));
    ::kill(child, SIGKILL);
    REQUIRE(::waitpid(child, nullptr, 0) == child);
    States<float> read = both[0];
    load(path, read);  // throws where the file is not whole
    whole += same(read, both[0]) || same(read, both[1]) ? 1 : 0;
  }
  CHECK(whole == 40);
}

TEST_CASE("a folder that may not be written to keeps its file") {
  const Folder folder;
  const std::string path = folder.file("run");
  Model<float> model;
  save(path, model.states);
  const std::string bytes = bytes_of(path);
  fs::permissions(folder.path, fs::perms(0555));
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    // The superuser may write everywhere; nobody may not.
    if (::geteuid() == 0 && ::setuid(65534) != 0) ::_exit(2);
    try {
      save(path, model.states);
    } catch (const std::runtime_error& e) {
      ::_exit(std::string(e.what()) == path + ": cannot be written: Permission denied" ? 0 : 1);
    }
    ::_exit(3);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  fs::permissions(folder.path, fs::perms(0755));
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(bytes_of(path) == bytes);
  CHECK(folder.entries() == 1);
}
#endif

TEST_CASE("writers of one file do not meet, and a reader finds one's file whole") {
  const Folder folder;
  const std::string path = folder.file("run");
  const auto states_of = [](Index rows) {
    return States<float>{{"w", initial_state<float>(presets::sgd(), rows, 1)}};
  };
  save(path, states_of(1));
  bool written[2] = {true, true};
  const auto writer = [&](int i) {
    const States<float> mine = states_of(i == 0 ? 1 : 20000);
    try {
      for (int k = 0; k < 25; ++k) save(path, mine);
    } catch (const std::runtime_error&) {
      written[i] = false;
    }
  };
  std::thread first(writer, 0), second(writer, 1);
  int whole = 0;
  for (int k = 0; k < 50; ++k) {
    for (const Index rows : {Index(1), Index(20000)}) {
      auto read = states_of(rows);
      try {
        load(path, read);
        ++whole;
      } catch (const std::runtime_error& e) {
        if (std::string(e.what()).find(": the momentum of") != std::string::npos) ++whole;
      }
    }
  }
  first.join();
  second.join();
  CHECK(written[0]);
  CHECK(written[1]);
#if defined(_WIN32)
  CHECK(whole > 50);  // a file that is just being replaced cannot be opened there
#else
  CHECK(whole == 100);
#endif
  CHECK(folder.entries() == 1);
}

TEST_CASE("a state does not load under a recipe that gives it another meaning") {
  const Folder folder;
  const std::string path = folder.file("run");
  const Filter muon{chains::muon()};
  const auto loads = [&](const auto& saved, const auto& loaded) {
    save(path, States<float>{{"w", initial_state<float>(saved, 8, 6)}});
    States<float> states{{"w", initial_state<float>(loaded, 8, 6)}};
    states["w"].steps = 7;
    try {
      load(path, states);
    } catch (const std::runtime_error& e) {
      CHECK(std::string(e.what()) == path + ": the state of \"w\" is of " + signature(saved) +
                                         "; the model's recipe is " + signature(loaded));
      CHECK(states["w"].steps == 7);
      return false;
    }
    CHECK(states["w"].steps == 0);
    return true;
  };
  const auto with = [&](const auto& momentum) { return Recipe{Identity{}, momentum}; };
  CHECK(!loads(with(Ema{0.95}), with(HeavyBall{0.95})));
  CHECK(!loads(with(Ema{0.95}), with(Ema{0.9})));
  CHECK(!loads(with(Ema{0.95}), with(Ema{0.95 + 1e-16})));
  CHECK(!loads(with(HeavyBall{0.9}), with(HeavyBall{0.9, true})));
  CHECK(!loads(with(RmsNormalized{0.9, 0.99}), with(RmsNormalized{0.9, 0.999})));
  CHECK(!loads(with(RmsNormalized{0.8, 0.99}), with(RmsNormalized{0.9, 0.99})));
  CHECK(!loads(presets::muon(), Recipe{Identity{}, HeavyBall{0.95}}));
  CHECK(!loads(presets::muon(), presets::pion_paper()));
  CHECK(!loads(presets::pion_paper(1), presets::pion_paper(2)));
  CHECK(!loads(presets::muon(),
               Recipe{Filtered{{chains::muon(), Normalizer::spectral}}, HeavyBall{0.95}}));
  const auto heads = [&](const auto& layout) {
    return Recipe{FilteredPerHead{muon, layout}, HeavyBall{}};
  };
  CHECK(!loads(heads(Heads{2}), heads(Heads{4})));
  CHECK(!loads(heads(Heads{2}), heads(Heads{2, Axis::cols})));
  CHECK(!loads(heads(Heads{3}), heads(FusedHeads{{{6, 2}, {2, 1}}})));
  CHECK(!loads(heads(FusedHeads{{{6, 1}, {2, 1}}}), heads(FusedHeads{{{6, 2}, {2, 1}}})));
  CHECK(!loads(presets::m_sgd_power(Power::half), presets::m_sgd_power(Power::quarter)));
  CHECK(!loads(presets::lr_muon(2), presets::lr_muon(3)));
  CHECK(!loads(Recipe{PolarFactor{AtLeast{0.1}}, HeavyBall{}},
               Recipe{PolarFactor{AtLeast{0.2}}, HeavyBall{}}));
  CHECK(!loads(presets::pion_above_noise(), presets::pion_above_noise(NothingStandsOut::keep_all)));
  CHECK(!loads(presets::pion_within(), presets::pion_paper()));
  CHECK(!loads(presets::muon(), presets::m_sgd_z()));
  const auto coupled = [](double rate) {
    return Recipe{Identity{}, HeavyBall{}, Unscaled{}, CoupledDecay{rate}};
  };
  CHECK(!loads(coupled(0.1), coupled(0.2)));
  // What only changes how long a step is may change from run to run.
  const auto scaled = [](double multiple, double rate) {
    return Recipe{Identity{}, HeavyBall{}, SqrtMaxScale{multiple}, DecoupledDecay{rate}};
  };
  CHECK(loads(scaled(0.2, 0.1), scaled(5.0, 0.01)));
  CHECK(loads(presets::pion_within({1e-3}), presets::pion_within({1e-4})));
  CHECK(loads(presets::pion(), presets::pion_paper()));
}

TEST_CASE("a signature is one line of names and numbers") {
  CHECK(signature(presets::pion_released(2)) ==
        "Filtered{frobenius, 2 x (1.875, -1.25, 0.375), 3 x (0, 2.5, -1.5)}, "
        "Ema{beta 0.95, nesterov 1}, SqrtMaxScale, DecoupledDecay");
  CHECK(signature(presets::sgd()) ==
        "Identity, HeavyBall{momentum 0.9, nesterov 0}, Unscaled, CoupledDecay{rate 0}");
  CHECK(signature(presets::pion_per_head(Heads{4, Axis::cols}, 0)).find("4 heads of columns") !=
        std::string::npos);
}

TEST_CASE("files of older versions load, without what they did not have") {
  // As the programs of those versions wrote them: 4 without parts, 3 without the recipes too, 2
  // without the numbers of the backoff, 1 without warm starts.
  const Folder folder;
  const std::string path = folder.file("run");
  const auto recipe = presets::sgd();
  States<float> states{{"w", initial_state<float>(recipe, 2, 1)}};
  State<float>& state = states["w"];
  state.steps = 5;
  state.momentum << 1.0F, 2.0F;
  Eigen::VectorXf basis = Eigen::Vector2f(0.6F, 0.8F);
  state.warm_start.remember({basis.data(), 2, 1});
  state.warm_start.backoff().failed();
  for (const std::uint32_t format : {1U, 2U, 3U, 4U}) {
    std::string bytes = "pionopti";
    const auto put = [&bytes](const auto& number) {
      bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
    };
    const auto put_matrix = [&](const auto& m) {
      put(static_cast<std::int64_t>(m.rows()));
      put(static_cast<std::int64_t>(m.cols()));
      for (Index i = 0; i < m.size(); ++i) put(m.data()[i]);
    };
    put(format);
    put(std::uint32_t{4});
    put(std::uint64_t{1});
    put(std::uint64_t{1});
    bytes += "w";
    put(state.steps);
    put_matrix(state.momentum);
    put_matrix(state.second_moment);
    if (format >= 2) put_matrix(basis);
    if (format >= 3) put(static_cast<std::int32_t>(state.warm_start.backoff().failures()));
    if (format >= 3) put(static_cast<std::int32_t>(state.warm_start.backoff().pause()));
    if (format >= 4) put(static_cast<std::uint64_t>(state.recipe.size()));
    if (format >= 4) bytes += state.recipe;
    pion::detail::Crc64 sum;
    sum.add(bytes.data(), bytes.size());
    put(sum.value());
    write(path, bytes);
    States<float> read{{"w", initial_state<float>(recipe, 2, 1)}};
    load(path, read);
    CHECK(same(read, states));
    CHECK(read["w"].warm_start.directions() == (format >= 2 ? 1 : 0));
    CHECK(read["w"].warm_start.backoff().failures() == (format >= 3 ? 1 : 0));
    CHECK(read["w"].recipe == signature(recipe));
  }
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
  says(states, "the state of \"bias\" is of " + signature(presets::adamw()) +
                   "; the model's recipe is " + signature(presets::sgd()));
  states["bias"].recipe.clear();
  says(states, "the second moment of \"bias\" is 6x1, the model's 0x0");
  Model<double> doubles;
  says(doubles.states, "its scalars have 4 bytes, the model's 8");

  std::string altered = bytes;
  std::uint32_t format = 6;
  std::memcpy(&altered[8], &format, sizeof format);
  write(path, altered);
  says(states, "has version 6, this program reads versions 1 to 5");
  format = 0x05000000U;  // 5, where the machine that wrote it has the other byte order
  std::memcpy(&altered[8], &format, sizeof format);
  write(path, altered);
  says(states, "written in the other byte order; load it on a machine of that order");
  write(path, "something else that is long enough to be one");
  says(states, "not a checkpoint of pion's optimisers");
  write(path, bytes.substr(0, bytes.size() - 1));
  says(states, "truncated or altered: its checksum does not match");
  fs::remove(path);
  says(states, "cannot be read");
  fs::create_directory(path);
  says(states, "cannot be read");
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
  CHECK(names == "steps momentum second_moment warm_start recipe parts ");
  CHECK(state.second_moment.sum() == 6.0F);
}
