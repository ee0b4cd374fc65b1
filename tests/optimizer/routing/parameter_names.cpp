// SPDX-License-Identifier: Apache-2.0
// Covers its own header. The names are those of published checkpoints: one layer, and what stands
// beside the layers.

#include <string_view>
#include <vector>

#include <pion/optimizer/routing/parameter_names.hpp>

#include "support/catch.hpp"

using namespace pion::optimizer;

namespace {

struct Named {
  std::string_view name;
  Role role;
};

struct Model {
  std::string_view family;
  std::vector<Named> names;
};

constexpr Role o = Role::other, q = Role::query, k = Role::key, v = Role::value, out = Role::output,
               qkv = Role::fused_query_key_value, emb = Role::embedding,
               logits = Role::output_layer, latent = Role::latent, table = Role::table;

const std::vector<Model> models = {
    {"Llama, as in transformers",
     {{"model.embed_tokens.weight", emb},
      {"model.layers.0.self_attn.q_proj.weight", q},
      {"model.layers.0.self_attn.k_proj.weight", k},
      {"model.layers.0.self_attn.v_proj.weight", v},
      {"model.layers.0.self_attn.o_proj.weight", out},
      {"model.layers.0.mlp.gate_proj.weight", o},
      {"model.layers.0.mlp.up_proj.weight", o},
      {"model.layers.0.mlp.down_proj.weight", o},
      {"model.layers.0.input_layernorm.weight", o},
      {"model.norm.weight", o},
      {"lm_head.weight", logits}}},
    {"Llama and Mistral, as published",
     {{"tok_embeddings.weight", emb},
      {"layers.0.attention.wq.weight", q},
      {"layers.0.attention.wk.weight", k},
      {"layers.0.attention.wv.weight", v},
      {"layers.0.attention.wo.weight", out},
      {"layers.0.feed_forward.w1.weight", o},
      {"layers.0.attention_norm.weight", o},
      {"output.weight", logits}}},
    {"Qwen",
     {{"transformer.wte.weight", emb},
      {"transformer.h.0.attn.c_attn.weight", qkv},
      {"transformer.h.0.attn.c_proj.weight", out},
      {"transformer.h.0.mlp.w1.weight", o},
      {"transformer.h.0.mlp.c_proj.weight", o},
      {"lm_head.weight", logits}}},
    {"Qwen3 with experts",
     {{"model.layers.0.self_attn.q_norm.weight", o},
      {"model.layers.0.mlp.gate.weight", o},
      {"model.layers.0.mlp.experts.17.down_proj.weight", o},
      {"model.layers.0.mlp.shared_expert.gate_proj.weight", o},
      {"model.layers.0.mlp.shared_expert_gate.weight", o}}},
    {"Mixtral",
     {{"model.layers.0.self_attn.q_proj.weight", q},
      {"model.layers.0.block_sparse_moe.gate.weight", o},
      {"model.layers.0.block_sparse_moe.experts.0.w1.weight", o}}},
    {"DeepSeek-V3",
     {{"model.layers.3.self_attn.q_a_proj.weight", latent},
      {"model.layers.3.self_attn.q_b_proj.weight", q},
      {"model.layers.3.self_attn.kv_a_proj_with_mqa.weight", latent},
      {"model.layers.3.self_attn.kv_b_proj.weight", Role::latent_key_value},
      {"model.layers.3.self_attn.kv_b_proj.weight_scale_inv", table},
      {"model.layers.3.self_attn.o_proj.weight", out},
      {"model.layers.3.self_attn.o_proj.weight_scale_inv", table},
      {"model.layers.3.mlp.experts.255.up_proj.weight", o},
      {"model.layers.3.mlp.shared_experts.up_proj.weight", o},
      {"model.layers.61.eh_proj.weight", o},
      {"model.layers.61.shared_head.head.weight", logits}}},
    {"Gemma",
     {{"model.embed_tokens.weight", emb},
      {"model.layers.0.self_attn.q_proj.weight", q},
      {"model.layers.0.pre_feedforward_layernorm.weight", o}}},
    {"Phi-3",
     {{"model.layers.0.self_attn.qkv_proj.weight", qkv},
      {"model.layers.0.mlp.gate_up_proj.weight", o}}},
    {"GPT-2",
     {{"wte.weight", emb},
      {"wpe.weight", emb},
      {"h.0.attn.c_attn.weight", qkv},
      {"h.0.attn.c_proj.weight", out},
      {"h.0.mlp.c_fc.weight", o},
      {"h.0.mlp.c_proj.weight", o},
      {"ln_f.weight", o}}},
    {"GPT-NeoX",
     {{"gpt_neox.embed_in.weight", emb},
      {"gpt_neox.layers.0.attention.query_key_value.weight", qkv},
      {"gpt_neox.layers.0.attention.dense.weight", out},
      {"gpt_neox.layers.0.mlp.dense_h_to_4h.weight", o},
      {"gpt_neox.layers.0.mlp.dense_4h_to_h.weight", o},
      {"embed_out.weight", logits}}},
    {"Falcon and Bloom",
     {{"transformer.word_embeddings.weight", emb},
      {"transformer.h.0.self_attention.query_key_value.weight", qkv},
      {"transformer.h.0.self_attention.dense.weight", out},
      {"h.0.mlp.dense_4h_to_h.weight", o}}},
    {"T5",
     {{"shared.weight", emb},
      {"encoder.embed_tokens.weight", emb},
      {"encoder.block.0.layer.0.SelfAttention.q.weight", q},
      {"encoder.block.0.layer.0.SelfAttention.k.weight", k},
      {"encoder.block.0.layer.0.SelfAttention.v.weight", v},
      {"encoder.block.0.layer.0.SelfAttention.o.weight", out},
      {"encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight", emb},
      {"encoder.block.0.layer.1.DenseReluDense.wi_0.weight", o},
      {"encoder.block.0.layer.1.DenseReluDense.wo.weight", o},
      {"decoder.block.0.layer.1.EncDecAttention.k.weight", k},
      {"lm_head.weight", logits}}},
    {"BERT",
     {{"bert.embeddings.word_embeddings.weight", emb},
      {"bert.embeddings.token_type_embeddings.weight", emb},
      {"bert.encoder.layer.0.attention.self.query.weight", q},
      {"bert.encoder.layer.0.attention.self.key.weight", k},
      {"bert.encoder.layer.0.attention.self.value.weight", v},
      {"bert.encoder.layer.0.crossattention.self.query.weight", q},
      {"bert.encoder.layer.0.attention.output.dense.weight", out},
      {"bert.encoder.layer.0.intermediate.dense.weight", o},
      {"bert.encoder.layer.0.output.dense.weight", o},
      {"bert.pooler.dense.weight", o},
      {"cls.predictions.transform.dense.weight", o},
      {"cls.predictions.decoder.weight", logits},
      {"cls.seq_relationship.weight", logits}}},
    {"ViT, as in transformers",
     {{"vit.embeddings.cls_token", emb},
      {"vit.embeddings.position_embeddings", emb},
      {"vit.embeddings.patch_embeddings.projection.weight", o},
      {"vit.encoder.layer.0.attention.attention.query.weight", q},
      {"vit.encoder.layer.0.attention.output.dense.weight", out},
      {"vit.encoder.layer.0.output.dense.weight", o},
      {"classifier.weight", logits}}},
    {"ViT, as in timm",
     {{"pos_embed", emb},
      {"patch_embed.proj.weight", o},
      {"blocks.0.attn.qkv.weight", qkv},
      {"blocks.0.attn.proj.weight", out},
      {"blocks.0.mlp.fc1.weight", o},
      {"head.weight", logits}}},
    {"SigLIP",
     {{"vision_model.embeddings.patch_embedding.weight", o},
      {"vision_model.embeddings.position_embedding.weight", emb},
      {"vision_model.encoder.layers.0.self_attn.out_proj.weight", out},
      {"vision_model.head.attention.in_proj_weight", qkv},
      {"vision_model.head.mlp.fc1.weight", o}}},
    {"Whisper",
     {{"model.encoder.conv1.weight", o},
      {"model.encoder.embed_positions.weight", emb},
      {"model.decoder.layers.0.self_attn.k_proj.weight", k},
      {"model.decoder.layers.0.encoder_attn.out_proj.weight", out},
      {"model.decoder.layers.0.fc1.weight", o},
      {"proj_out.weight", logits}}},
    {"OpenVLA",
     {{"vision_backbone.featurizer.patch_embed.proj.weight", o},
      {"vision_backbone.featurizer.pos_embed", emb},
      {"vision_backbone.featurizer.reg_token", emb},
      {"vision_backbone.fused_featurizer.blocks.0.attn.qkv.weight", qkv},
      {"vision_backbone.fused_featurizer.blocks.0.attn.proj.weight", out},
      {"projector.fc1.weight", o},
      {"language_model.model.layers.0.self_attn.q_proj.weight", q},
      {"language_model.lm_head.weight", logits}}},
    {"pi0",
     {{"paligemma_with_expert.gemma_expert.model.layers.0.self_attn.q_proj.weight", q},
      {"paligemma_with_expert.gemma_expert.lm_head.weight", logits},
      {"paligemma_with_expert.paligemma.model.language_model.layers.0.mlp.up_proj.weight", o},
      {"action_in_proj.weight", o},
      {"action_time_mlp_in.weight", o},
      {"state_proj.weight", o}}},
    {"Megatron",
     {{"decoder.layers.0.self_attention.linear_qkv.weight", qkv},
      {"decoder.layers.0.self_attention.linear_proj.weight", out},
      {"embedding.word_embeddings.weight", emb}}},
    {"big_vision and Flax",
     {{"img/Transformer/encoderblock/MultiHeadDotProductAttention_0/query/kernel", o},
      {"encoder/layer/0/attention/self/query/kernel", q},
      {"encoder/layer/0/attention/output/dense/kernel", out}}},
    {"quantised",
     {{"model.layers.0.self_attn.q_proj.qzeros", table},
      {"model.layers.0.self_attn.q_proj.scales", table},
      {"model.layers.0.self_attn.q_proj.g_idx", table},
      {"model.layers.0.mlp.up_proj.weight.absmax", table},
      {"model.layers.0.mlp.up_proj.SCB", table}}},
};

}  // namespace

TEST_CASE("the names of published models tell their roles") {
  for (const Model& model : models) {
    for (const Named& named : model.names) {
      INFO(model.family << ": " << named.name);
      CHECK(role_of(named.name) == named.role);
      CHECK((telling_name(named.name) == nullptr) <= (named.role == o));
    }
  }
}

TEST_CASE("names divide a vision-language-action model as Table A6 does") {
  for (const char* name : {"vision_backbone.featurizer.blocks.0.attn.qkv.weight",
                           "projector.fc2.weight", "visual.blocks.0.attn.qkv.weight",
                           "paligemma_with_expert.paligemma.model.vision_tower.vision_model.encoder"
                           ".layers.0.mlp.fc1.weight",
                           "vit.encoder.layer.0.output.dense.weight"}) {
    INFO(name);
    CHECK(module_of(name) == "vision");
  }
  for (const char* name : {"language_model.model.layers.0.self_attn.q_proj.weight",
                           "paligemma_with_expert.paligemma.model.language_model.layers.0.mlp.up_"
                           "proj.weight",
                           "model.layers.0.mlp.up_proj.weight", "interaction.weight"}) {
    INFO(name);
    CHECK(module_of(name) == "language");
  }
  for (const char* name :
       {"paligemma_with_expert.gemma_expert.model.layers.0.self_attn.q_proj.weight",
        "action_in_proj.weight", "action_head.fc1.weight", "state_proj.weight",
        "time_mlp_in.weight", "proprio_projector.fc1.weight", "action_queries.weight"}) {
    INFO(name);
    CHECK(module_of(name) == "action");
  }
}

TEST_CASE("the fused projection tells whether a model is stored as GPT-2's Conv1D") {
  CHECK(is_wide_c_attn("h.0.attn.c_attn.weight", 768, 2304));                 // GPT-2
  CHECK(!is_wide_c_attn("transformer.h.0.attn.c_attn.weight", 12288, 4096));  // Qwen
  CHECK(!is_wide_c_attn("h.0.mlp.c_fc.weight", 768, 3072));
  for (const char* name : {"h.0.attn.c_attn.weight", "h.0.attn.c_proj.weight",
                           "h.0.mlp.c_fc.weight", "h.0.mlp.c_proj.weight"}) {
    CHECK(is_conv1d(name));
  }
  CHECK(!is_conv1d("wte.weight"));
}

TEST_CASE("kernels of convolutions are told from stacks of experts") {
  for (const char* name : {"model.encoder.conv1.weight", "patch_embed.proj.weight",
                           "backbone.layers.0.mixer.conv1d.weight"}) {
    CHECK(is_convolution(name));
  }
  for (const char* name :
       {"model.layers.0.mlp.experts.gate_up_proj", "layers.mlp.up_proj", "deconvolved.weight"}) {
    CHECK(!is_convolution(name));
  }
}
