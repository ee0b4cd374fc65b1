// SPDX-License-Identifier: Apache-2.0
// The stack that a call needs, measured: small matrices live in the workspace, so that threads with
// little stack (128 KB with musl, 512 KB on macOS) can call everything but an SVD.

// Windows chooses a thread's stack itself, where nothing can be painted before.
#if __has_include(<pthread.h>) && !defined(_WIN32)
#include <pthread.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <random>
#include <vector>

#include <pion/apply/polar.hpp>
#include <pion/optimizer.hpp>
#include <pion/pion.hpp>

#include "support/catch.hpp"
#include "support/known.hpp"

using namespace pion;
using known::Matrix;
using known::Vector;

namespace {

/// The bytes of stack that `call` touches, on a thread of its own with 1 MB.
std::size_t stack_of(const std::function<void()>& call) {
  constexpr std::size_t size = std::size_t(1) << 20U;
  constexpr unsigned char untouched = 0xA5;
  std::vector<unsigned char> memory(size + 4096, untouched);
  const auto address = reinterpret_cast<std::uintptr_t>(memory.data());
  unsigned char* const stack = memory.data() + (4096 - address % 4096) % 4096;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  REQUIRE(pthread_attr_setstack(&attributes, stack, size) == 0);
  const auto run = [](void* what) -> void* {
    (*static_cast<const std::function<void()>*>(what))();
    return nullptr;
  };
  pthread_t thread;
  REQUIRE(pthread_create(&thread, &attributes, run,
                         const_cast<void*>(static_cast<const void*>(&call))) == 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
  unsigned char* const end = stack + size;
  return static_cast<std::size_t>(
      end - std::find_if(stack, end, [](unsigned char byte) { return byte != untouched; }));
}

}  // namespace

TEST_CASE("a call within a tolerance needs less than 64 KB of stack") {
  std::mt19937_64 random(501);
  const Index m = 300, n = 400;
  Vector sigma = Vector::LinSpaced(m, 1.0, static_cast<double>(m)).cwiseInverse();
  const Matrix x = known::Known(m, n, sigma, random).matrix();
  sigma.setConstant(0.01);
  sigma.head(100).setOnes();  // so that small matrices have more than 100 rows
  const Matrix plateau = known::Known(m, n, sigma, random).matrix();
  const Eigen::MatrixXf noise = known::gaussian(m, n, random).cast<float>();
  Matrix y(m, n);
  Eigen::MatrixXf z(m, n);
  Workspace workspace;
  WarmStart<double> start;
  ApplyInfo info;
  Tolerance asked;
  asked.method = Method::low_rank;
  const std::size_t thread = stack_of([] {});
  const auto check = [&](const char* what, Method method, const std::function<void()>& call) {
    const std::size_t used = stack_of(call) - thread;
    INFO(what << ": " << used << " bytes");
    CHECK(info.method == method);
    CHECK(used < std::size_t(64) << 10U);
    CHECK(used > 1024);
  };
  const Filter f{chains::high_pass(2)};
  check("apply", Method::low_rank, [&] { info = apply(f, x, y, workspace, asked, &start); });
  check("from a warm start", Method::low_rank,
        [&] { info = apply(f, x, y, workspace, asked, &start); });
  check("another method takes over", Method::gram,
        [&] { info = apply(f, noise, z, workspace, Tolerance{}); });
  check("without a tolerance", Method::gram,
        [&] { info = apply({chains::muon(64)}, noise, z, workspace); });
  check("LRMuon", Method::low_rank,
        [&] { info = polar_factor(plateau, Leading{100}, y, workspace, asked); });
  check("adaptive", Method::low_rank,
        [&] { info = polar_factor(x, AtLeast{0.05}, y, workspace, asked); });
  const auto rule = optimizer::FilteredWithin{f, asked};
  check("a rule", Method::low_rank, [&] {
    y = x;
    rule.direct<DefaultEngine>(engine::View<double>(y.data(), m, n), workspace, start);
  });
}
#endif
