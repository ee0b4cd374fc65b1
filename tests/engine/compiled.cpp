// SPDX-License-Identifier: Apache-2.0
// Covers its own header and engine/instruction_set.hpp, apply/filtering.hpp, apply/compressing.hpp,
// detail/svd_by_eigen.hpp, detail/symmetric_by_eigen.hpp.
// What pion::compiled computes is what the headers compute. All other tests run on pion::compiled,
// on each of its instruction sets in turn (sets.*); here it stands beside an engine that this file
// compiles.

#include <cstdlib>
#include <limits>
#include <string>
#include <type_traits>

#include <pion/engine/instruction_set.hpp>
#include <pion/pion.hpp>

#include "support/catch.hpp"
#include "support/known.hpp"

using namespace pion;

namespace {

/// engine::eigen but for its part in the library: all of it is compiled here.
struct Here {
  template <class T>
  using Kernels = engine::HostKernels<Here, T>;
  template <class T>
  using TallSkinnyKernels = engine::TallSkinnyKernels<Here, T>;
  using Serial = Here;
  static constexpr int workers() { return 1; }
  template <class Task>
  static void for_each(int workers, Index count, const Task& task) {
    engine::eigen::for_each(workers, count, task);
  }
};

}  // namespace

TEST_CASE("only the library's own engines run in the library") {
  CHECK(std::is_same_v<engine::core_t<Here>, Here>);
  CHECK(std::is_same_v<engine::core_t<engine::eigen>, engine::compiled_eigen>);
  CHECK(std::is_same_v<engine::core_t<DefaultEngine::Serial>, engine::compiled_eigen>);
}

TEST_CASE("the instruction set has a name, and the environment chooses it") {
  const std::string name = instruction_set();
  CHECK((name == "avx512" || name == "avx2" || name == "neon" || name == "baseline"));
  const char* const asked = std::getenv("PION_INSTRUCTION_SET");
  if (asked != nullptr && *asked != '\0') CHECK(name == asked);
}

TEMPLATE_TEST_CASE("the library computes what the headers compute", "", float, double) {
  using T = TestType;
  using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;
  std::mt19937_64 random(1);
  Eigen::VectorXd sigma(90);
  for (Index i = 0; i < sigma.size(); ++i) sigma(i) = std::pow(0.7, static_cast<double>(i));
  const Matrix x = known::Known(120, 90, sigma, random).matrix().template cast<T>();
  const auto eps = static_cast<double>(std::numeric_limits<T>::epsilon());
  Workspace workspace;

  // Each result is within its own rounding of f(x), and so within twice that of the other.
  const Filter muon{chains::muon()}, aol{chains::muon(), Normalizer::aol};
  for (const Filter& f : {muon, aol}) {
    for (const Method method : {Method::dense, Method::gram}) {
      Matrix library(120, 90), headers(120, 90);
      const ApplyInfo info = apply<engine::eigen>(f, x, library, workspace, method);
      const ApplyInfo same = apply<Here>(f, x, headers, workspace, method);
      CHECK(info.method == same.method);
      CHECK(info.multiply_adds == same.multiply_adds);
      const double most = plan<T>(f, 120, 90, method).rounding_growth * 120 * eps;
      CHECK((library - headers).norm() <= 2.0 * most * headers.norm());
    }
  }

  const Filter high{chains::high_pass(2)};
  const Tolerance tolerance{1e-3, Method::low_rank};
  Matrix library(120, 90), headers(120, 90);
  const ApplyInfo info = apply<engine::eigen>(high, x, library, workspace, tolerance);
  const ApplyInfo same = apply<Here>(high, x, headers, workspace, tolerance);
  REQUIRE((info.bound && same.bound));
  CHECK(info.survivors == same.survivors);
  CHECK((library - headers).norm() <= *info.bound + *same.bound);

  CHECK(apply_svd(high, x, library).rank >= 25);
  CHECK(polar_factor(x, Leading{4}, library, workspace, tolerance).rank == 4);
}
