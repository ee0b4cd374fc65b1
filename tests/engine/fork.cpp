// SPDX-License-Identifier: Apache-2.0
// detail/fork.hpp. (The thread sanitizer ends a child that starts threads.)
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define PION_NO_THREADS_IN_A_CHILD
#endif
#endif
#if defined(PION_DEFAULT_ENGINE_OPENMP) && defined(__unix__) && !defined(PION_NO_THREADS_IN_A_CHILD)
#include <omp.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <optional>
#include <thread>

#include <pion/pion.hpp>

#include "support/catch.hpp"

namespace pion {
namespace {

/// What `work` returns in a child of this process; nothing where it does not end.
template <class Work>
std::optional<int> in_a_child(const Work& work) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(work());
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (std::chrono::steady_clock::now() < end) {
    int status = 0;
    if (::waitpid(child, &status, WNOHANG) == child) {
      return WIFEXITED(status) ? std::optional(WEXITSTATUS(status)) : std::nullopt;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  return std::nullopt;
}

TEST_CASE("fork: a child computes with threads like its parent, which has used them") {
  const int before = omp_get_max_threads();
  const Eigen::MatrixXf x = Eigen::MatrixXf::Random(100, 140);
  const Filter f{chains::high_pass(2)};
  const auto results = [&] {
    omp_set_num_threads(2);
    const Eigen::MatrixXf squares = x * x.transpose();  // by Eigen's own use of the threads
    return std::pair(apply<engine::openmp>(f, x), squares.allFinite());
  };
  const auto here = results();
  const auto same = [&] { return results() == here ? 0 : 1; };
  CHECK(in_a_child(same) == 0);
  CHECK(in_a_child([&] { return in_a_child(same).value_or(2); }) == 0);
  CHECK(same() == 0);
  omp_set_num_threads(before);
}

}  // namespace
}  // namespace pion
#endif
