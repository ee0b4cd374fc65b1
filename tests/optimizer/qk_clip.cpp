// SPDX-License-Identifier: Apache-2.0
// QK-clip takes every logit that was too large to the threshold, and no others' weights change.

#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

#include <pion/optimizer/qk_clip.hpp>

#include "support/catch.hpp"

using namespace pion;
using namespace pion::optimizer;
using Eigen::MatrixXd;

namespace {

constexpr Index head = 4, in = 6;

/// The largest logit of a query head, over some inputs.
double logit(const MatrixXd& query, const MatrixXd& key, Index h, Index k, const MatrixXd& x) {
  const MatrixXd q = query.middleRows(h * head, head) * x;
  return (q.transpose() * (key.middleRows(k * head, head) * x)).maxCoeff() / 2.0;  // sqrt(head)
}

MatrixXd random(Index rows, Index cols, unsigned seed) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<double> gauss;
  return MatrixXd::NullaryExpr(rows, cols, [&](Index, Index) { return gauss(engine); });
}

}  // namespace

TEST_CASE("logits beyond the threshold come to it, and other heads stay") {
  const MatrixXd x = random(in, 9, 1);
  for (const Index group : {1, 3}) {
    const Index keys = 2, heads = keys * group;
    const MatrixXd query = random(heads * head, in, 2), key = random(keys * head, in, 3);
    std::vector<double> logits;
    for (Index h = 0; h < heads; ++h) logits.push_back(logit(query, key, h, h / group, x));
    std::vector<double> sorted = logits;
    std::sort(sorted.begin(), sorted.end());
    const double threshold = 0.5 * (sorted[0] + sorted.back());
    for (const SharedKeys shared : {SharedKeys::query_alone, SharedKeys::whole_group}) {
      MatrixXd q = query, k = key;
      const Index clipped = qk_clip(q, k, keys, logits, threshold, shared);
      Index beyond = 0;
      for (Index h = 0; h < heads; ++h) {
        const double before = logits[static_cast<std::size_t>(h)];
        const double after = logit(q, k, h, h / group, x);
        CHECK(after <= threshold * (1 + 1e-14));
        beyond += before > threshold ? 1 : 0;
        if (group == 1 || shared == SharedKeys::query_alone) {
          CHECK(std::fabs(after - std::min(before, threshold)) <= 1e-14 * std::fabs(before));
        }
      }
      CHECK(clipped == beyond);
      CHECK(beyond > 0);
      CHECK((k == key) == (group > 1 && shared == SharedKeys::query_alone));
    }
  }
}

TEST_CASE("latent attention shrinks both parts of a logit by the same factor") {
  const Index heads = 2;
  const MatrixXd query = random(heads * head, in, 4), key = random(heads * head, in, 5),
                 rotary = random(heads * 2, in, 6);
  MatrixXd q = query, k = key, r = rotary;
  CHECK(qk_clip_latent(q, k, r, {50.0, 400.0}) == 1);
  CHECK(q.topRows(head) == query.topRows(head));
  CHECK((q.bottomRows(head) - 0.5 * query.bottomRows(head)).norm() <= 1e-14);
  CHECK((k.bottomRows(head) - 0.5 * key.bottomRows(head)).norm() <= 1e-14);
  CHECK((r.bottomRows(2) - 0.25 * rotary.bottomRows(2)).norm() <= 1e-14);
  CHECK(r.topRows(2) == rotary.topRows(2));
}

TEST_CASE("what cannot be clipped is refused, and nothing changes") {
  MatrixXd q = random(8, in, 7), k = random(8, in, 8);
  const MatrixXd query = q, key = k;
  CHECK_THROWS_WITH(qk_clip(q, k, 2, {1e3, 1e3, 1e3}),
                    "qk_clip: 8 rows of the queries do not divide into 3 heads");
  CHECK_THROWS_WITH(qk_clip(q, k, 3, {1e3, 1e3}),
                    "qk_clip: 8 rows of the keys do not divide into 3 heads");
  CHECK_THROWS_WITH(qk_clip(q, k, 4, {1e3, 1e3}),
                    "qk_clip: 2 query heads do not divide into 4 key heads");
  CHECK_THROWS_AS(qk_clip(q, k, 2, {1e3, std::nan("")}), std::invalid_argument);
  CHECK_THROWS_WITH(qk_clip(q, k, 2, {1e3, 1e3}, 0.0),
                    "qk_clip: the threshold is 0; it must be finite and positive");
  CHECK(q == query);
  CHECK(k == key);
}
