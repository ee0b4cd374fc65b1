// SPDX-License-Identifier: Apache-2.0
// Built with -fno-exceptions: the library compiles, works, and says why before it stops.
#include <csetjmp>
#include <csignal>
#include <cstdlib>

#include <pion/pion.hpp>

namespace {
std::jmp_buf after_abort;
void leave(int) { std::longjmp(after_abort, 1); }
}  // namespace

int main() {
  const pion::Filter f{pion::chains::high_pass(2)};
  Eigen::MatrixXf x = Eigen::MatrixXf::Ones(3, 4), y(3, 4);
  if (!(pion::apply(f, x, y).output_norm > 0.99)) return 1;
  std::signal(SIGABRT, leave);
  if (setjmp(after_abort) == 0) {
    pion::apply(f, x, y.topRows(2));  // refused: one line on standard error, then abort
    return 2;
  }
  return 0;
}
