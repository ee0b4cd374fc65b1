// SPDX-License-Identifier: Apache-2.0
// Built with -ffast-math, under which a compiler leaves out comparisons that only NaN fails: what
// is not finite is refused all the same.
#include <cstdio>
#include <cstring>
#include <stdexcept>

#include <pion/optimizer.hpp>
#include <pion/pion.hpp>

namespace {

int failures = 0;

/// A number by its bits, which no compiler can take for finite before the program runs.
template <class T, class Bits>
T number(volatile Bits bits) {
  const Bits read = bits;
  T x;
  std::memcpy(&x, &read, sizeof x);
  return x;
}

template <class Call>
void must_refuse(const char* what, const Call& call) {
  try {
    call();
  } catch (const std::exception&) {
    return;
  }
  std::printf("%s took it\n", what);
  ++failures;
}

template <class T>
void run(T bad) {
  using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;
  Matrix x = Matrix::Identity(4, 4);
  x(2, 1) = bad;
  Matrix y = Matrix::Constant(4, 4, T(7));
  const pion::Filter f{pion::chains::high_pass(2)};
  pion::Workspace workspace;
  must_refuse("apply", [&] { pion::apply(f, x, y); });
  must_refuse("apply in Gram space", [&] { pion::apply(f, x, y, pion::Method::gram); });
  must_refuse("apply with a tolerance", [&] {
    pion::apply(f, x, y, workspace, pion::Tolerance{1e-4, pion::Method::low_rank});
  });
  must_refuse("apply_svd", [&] { pion::apply_svd(f, x, y); });
  must_refuse("apply_per_head", [&] { y = pion::apply_per_head(f, x, pion::Heads{2}); });
  must_refuse("polar_factor", [&] { pion::polar_factor(x, pion::Leading{2}, y); });
  must_refuse("effective_rank", [&] { pion::effective_rank(x); });
  must_refuse("head_norms", [&] { pion::head_norms(x, pion::Heads{2}); });
  must_refuse("SnrSamples", [&] { pion::SnrSamples().add(x); });
  if (std::memcmp(y.data(), Matrix::Constant(4, 4, T(7)).eval().data(), sizeof(T) * 16) != 0) {
    std::printf("a refused call has written\n");
    ++failures;
  }

  const auto recipe = pion::optimizer::presets::muon();
  auto state = pion::optimizer::initial_state<T>(recipe, 4, 4);
  pion::optimizer::StepWorkspace step_workspace;
  const auto info = pion::optimizer::step(recipe, y, x, 0.1, state, step_workspace);
  if (info.taken() || y(2, 1) != T(7) || y(0, 0) != T(7) || state.steps != 0) {
    std::printf("a step took it\n");
    ++failures;
  }
}

}  // namespace

int main() {
  run(number<float, std::uint32_t>(0x7fc00000U));
  run(number<float, std::uint32_t>(0x7f800000U));
  run(number<double, std::uint64_t>(0x7ff8000000000000U));
  run(number<double, std::uint64_t>(0xfff0000000000000U));

  // Numbers that a caller gives.
  const double nan = number<double, std::uint64_t>(0x7ff8000000000000U);
  must_refuse("a chain", [&] { pion::Chain{{nan, 0.0, 0.0}}; });
  must_refuse("a tolerance",
              [&] { pion::plan(pion::Filter{pion::chains::muon()}, 4, 4, pion::Tolerance{nan}); });

  // And what is finite goes through.
  const Eigen::MatrixXf x = Eigen::MatrixXf::Identity(4, 4);
  if (!(pion::apply(pion::Filter{pion::chains::muon()}, x).norm() > 1.0F)) ++failures;
  return failures;
}
