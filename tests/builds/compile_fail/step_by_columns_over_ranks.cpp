// SPDX-License-Identifier: Apache-2.0
// expected-error: on many ranks a step's rule is Filtered, FilteredWithin or Identity
#include <pion/distributed/one_rank.hpp>
#include <pion/distributed/step.hpp>
#include <pion/filter/chains.hpp>

using namespace pion;

void f(Eigen::MatrixXf& w, const Eigen::MatrixXf& g, optimizer::State<float>& state,
       optimizer::StepWorkspace& workspace) {
  const optimizer::Recipe recipe{
      optimizer::FilteredPerHead{Filter{chains::muon()}, Heads{2, Axis::rows}},
      optimizer::HeavyBall{}};
  distributed::step(distributed::OneRank(), recipe, distributed::sharded(w, Axis::rows, 4, 0),
                    distributed::sharded(g, Axis::rows, 4, 0), 0.1, state, workspace);
}
