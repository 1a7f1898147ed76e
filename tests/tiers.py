"""Which tier a test is in that has no mark of its own.

`unit` runs as Python does, in the process of the tests, and takes two seconds
at most: `make check` runs no other. `traced` builds graphs of searches and
trainings, `process` starts other processes, `slow` is all else that takes
longer: whole searches and trainings, exports, commands. `make test` runs all.
"""

TIERS = ("unit", "traced", "process", "slow")

# A folder, a file, a function of a file or one of its cases: of those that
# fit a test the last one counts.
PLACES = {
    "traced": (
        "datasets/test_tokenizers.py::test_an_exported_model_carries_the_vocabulary",
        "export",
        "search/test_steps.py::test_traced_gradients_equal_eager_ones",
        "supernet/test_dropped_edge.py::test_the_edges_of_a_graph_draw_for_themselves_at_a_rate_that_rises",
        "supernet/test_language_supernet.py::test_one_trace_serves_segments_of_any_length",
        "supernet/test_nas_bench_201_supernet.py::test_a_trace_changes_nothing",
        "supernet/test_supernet.py::test_a_traced_call_equals_an_eager_one",
        "supernet/test_text_supernet.py::test_a_traced_call_equals_an_eager_one",
        "test_traced_gradients.py",
    ),
    "process": (
        "analysis/test_cell_plot.py::test_drawing_needs_neither_pyplot_nor_tensorflow",
        "analysis/test_counts.py::test_analysis_imports_without_tensorflow",
        "cli/test_end_to_end.py",
        "cli/test_workers_command.py",
        "export/test_c_loader.py",
        "export/test_export_alone.py",
        "export/test_killed_export.py",
        "export/test_serving.py",
        "test_cpu.py",
        "test_examples.py",
        "test_package.py",
        "test_replicas.py",
        "test_surroundings.py",
        "test_workers.py",
        "tuner/test_tuning_processes.py",
    ),
    "slow": (
        "analysis/test_counts.py::test_published_networks_count_as_published",
        "analysis/test_alpha_plot.py",
        "auto",
        "benchmarks",
        "cli",
        "datasets/test_catalog.py",
        "datasets/test_corpus.py::test_published_counts",
        "datasets/test_forms_of_data.py",
        "datasets/test_image_folders.py",
        "datasets/test_reading.py",
        "interop",
        "networks",
        "primitives/test_noise.py::test_a_seed_decides_what_supernets_and_networks_draw",
        "primitives/test_primitive_catalog.py::test_a_users_primitive_stands_every_test",
        "primitives/test_text_primitives.py::test_a_convolution_is_that_of_pytorch",
        "primitives/test_text_primitives.py::test_a_dilated_convolution_is_that_of_pytorch",
        "primitives/test_text_primitives.py::test_attention_to_padded_sentences_is_the_same_in_litert",
        "search",
        "search/test_steps.py::test_arch_step_moves_the_alphas_alone",
        "search/test_steps.py::test_architecture_gradients_change_no_variable",
        "search/test_steps.py::test_loss_by_name_means_logits",
        "search/test_steps.py::test_regularizers_add_their_gradient",
        "search_spaces/test_search_space.py::test_a_users_space_is_found_by_its_name",
        "strategies/test_architects.py::test_unrolled_solves_the_problem_of_the_paper",
        "strategies/test_cost_targets.py",
        "strategies/test_policies.py",
        "strategies/test_regularizers.py::test_the_cheaper_candidate_gains_under_cost",
        "strategies/test_reinforce.py",
        "strategies/test_relaxations.py::test_perturbed_acts_on_steps_of_the_weights_alone",
        "strategies/test_slots.py::test_going_down_the_entropy_decides",
        "strategies/test_strategy.py::test_a_users_variant_is_found_by_its_name",
        "strategies/test_top_k.py::test_a_search_derives_by_alphas_and_betas",
        "strategies/test_top_k.py::test_a_search_reads_a_published_cell_from_alphas_that_say_it",
        "strategies/test_users_pieces.py",
        "strategies/test_methods.py::test_pieces_of_different_papers_combine",
        "strategies/test_methods.py::test_robust_darts_learns_with_drop_path_and_cutout",
        "supernet/test_dropped_edge.py::test_a_rate_changes_what_texts_become_in_training_alone",
        "supernet/test_edges.py::test_a_drawn_candidate_gives_what_one_weight_gives",
        "supernet/test_half_precision.py",
        "supernet/test_language_supernet.py",
        "supernet/test_nas_bench_201_supernet.py",
        "supernet/test_shared_input.py",
        "supernet/test_supernet.py::test_the_supernet_of_the_paper_has_its_published_size",
        "supernet/test_supernet.py::test_any_number_of_nodes",
        "supernet/test_text_supernet.py",
        "tasks",
        "test_conformance.py",
        "test_conformance.py::test_piece[discretizer-cost_constrained]",
        "test_conformance.py::test_piece_comes_back_from_its_config[discretizer-cost_constrained]",
        "test_docstrings.py::test_examples_run[keras_darts.callbacks.monitors]",
        "test_docstrings.py::test_examples_run[keras_darts.export.keras_file]",
        "test_docstrings.py::test_examples_run[keras_darts.export.loading]",
        "test_docstrings.py::test_examples_run[keras_darts.export.saved_model]",
        "test_docstrings.py::test_examples_run[keras_darts.interop.torch_weights]",
        "test_docstrings.py::test_examples_run[keras_darts.profiling.benchmark]",
        "test_docstrings.py::test_examples_run[keras_darts.search.darts_search]",
        "test_docstrings.py::test_examples_run[keras_darts.supernet.weight_inheritance]",
        "test_docstrings.py::test_examples_run[keras_darts.testing.pieces]",
        "test_docstrings.py::test_examples_run[keras_darts.testing.primitives]",
        "test_docstrings.py::test_examples_run[keras_darts.testing.strategies]",
        "test_docstrings.py::test_examples_run[keras_darts.training.image_recipes]",
        "test_docstrings.py::test_examples_run[keras_darts.training.labelled_recipe]",
        "test_docstrings.py::test_examples_run[keras_darts.training.language_recipe]",
        "test_docstrings.py::test_examples_run[keras_darts.training.recipe]",
        "test_docstrings.py::test_examples_run[keras_darts.training.run_folder]",
        "test_docstrings.py::test_examples_run[keras_darts.tuner.darts_tuner]",
        "test_overwriting.py",
        "test_readme.py",
        "test_recorded_numbers.py",
        "test_schedules.py::test_cosine_equals_that_of_torch",
        "test_user_paths.py",
        "training",
        "tuner",
    ),
    "unit": (
        "search/test_steps.py",
        "test_conformance.py::test_piece",
        "test_conformance.py::test_piece_comes_back_from_its_config",
        "test_readme.py::test_code_on_a_page_parses",
        "test_readme.py::test_commands_on_a_page_exist",
        "test_readme.py::test_files_on_a_page_exist",
        "test_readme.py::test_make_has_the_commands_of_the_readme",
        "test_readme.py::test_names_on_a_page_exist",
        "test_readme.py::test_the_contributors_map_has_every_room_in_its_order",
        "training/test_losses.py",
        "training/test_optimizers.py",
    ),
}
_TIER_OF = {place: tier for tier, places in PLACES.items() for place in places}
_FILES_WITH_UNIT_TESTS = {place.split("::")[0] for place in PLACES["unit"]}


def tier_of(path, function, name):
    """The tier of a test, by its file below `tests/`, function and name."""
    folder = path.partition("/")[0]
    for place in (f"{path}::{name}", f"{path}::{function}", path, folder):
        if place in _TIER_OF:
            return _TIER_OF[place]
    return "unit"


def has_unit_tests(path):
    """Whether a file below `tests/` may have any that no mark makes one."""
    return path in _FILES_WITH_UNIT_TESTS or tier_of(path, "", "") == "unit"
