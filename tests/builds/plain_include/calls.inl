// SPDX-License-Identifier: Apache-2.0
// Calls that bring the headers' templates to life, after every public header and under macros that
// a consumer may have (the build makes the file that includes this one). The matrices are in memory
// that Eigen has not allocated: owned_memory/refused.hpp refuses what the library allocates by it.

inline double calls(const Eigen::Map<Eigen::MatrixXf>& x, const Eigen::Map<Eigen::MatrixXd>& z,
                    Eigen::Map<Eigen::MatrixXf> y) {
  const pion::Filter f{pion::chains::high_pass(2)};
  pion::Workspace workspace;
  pion::apply(f, x, y, workspace);
  pion::apply(f, x.transpose(), y, pion::Method::gram);
  pion::apply(f, x.cast<Eigen::bfloat16>(), y, workspace, pion::Tolerance{1e-4});
  pion::WarmStart<float> start;
  pion::apply(f, x, y, workspace, pion::Tolerance{1e-4}, &start);
  pion::polar_factor(x, pion::AtLeast{0.1}, y, workspace, pion::Tolerance{1e-4}, &start);
  pion::apply_per_head(f, x, pion::Heads{2}, y, workspace);
  pion::apply_svd(f, z, y);
  std::vector<Eigen::Map<Eigen::MatrixXf>> many(3, x);
  pion::BatchWorkspace batch;
  pion::apply_batch(f, many, many, batch, pion::Tolerance{1e-4});
  const auto recipe = pion::optimizer::presets::pion();
  auto state = pion::optimizer::initial_state(recipe, y);
  pion::optimizer::StepWorkspace step_workspace;
  pion::optimizer::step(recipe, y, x, 0.1, state, step_workspace);
  pion::optimizer::States<float> states;
  pion::optimizer::save("checkpoint", states);
  pion::optimizer::load("checkpoint", states);
  pion::SnrSamples samples;
  samples.add(x);
  samples.merge(samples);
  pion::SnrStream stream(0.5);
  stream.add(x);
  pion::polar_factor(x, pion::Leading{2}, y);
  return stream.estimate().ratio() + pion::effective_rank(z) + pion::stable_rank(2.0 * z) +
         pion::head_norms(x, pion::Heads{2}).sum() + samples.estimate().ratio() +
         pion::plan<float>(f, 3, 5).multiply_adds + pion::theory::preconditioner(f.chain, z)(0, 0) +
         pion::design::fit_low_pass(0.5).loss +
         pion::design::minimax_two_band(0.1, {0.5, 1.0}, 1.0).error;
}
