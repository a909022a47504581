/* The works a page cites. A page lists those that it cites, in the order of citation.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/references.h"

const nalg_reference nalg_references[] = {
    {"Marchetti2025", "G. L. Marchetti, V. Shahverdi, S. Mereta, M. Trager, K. Kohn",
     "Algebra Unveils Deep Learning - An Invitation to Neuroalgebraic Geometry",
     "ICML 2025", "https://arxiv.org/abs/2501.18915"},
    {"KileelTragerBruna2019", "J. Kileel, M. Trager, J. Bruna", "On the Expressive Power of Deep Polynomial Neural Networks",
     "NeurIPS 2019", "https://arxiv.org/abs/1905.12207"},
    {"Schwartz1980", "J. T. Schwartz", "Fast Probabilistic Algorithms for Verification of Polynomial Identities",
     "Journal of the ACM 27 (1980), 701-717", "https://doi.org/10.1145/322217.322225"},
    {"MarcotteGribonvalPeyre2023", "S. Marcotte, R. Gribonval, G. Peyr\xC3\xA9",
     "Abide by the Law and Follow the Flow: Conservation Laws for Gradient Flows", "NeurIPS 2023", "https://arxiv.org/abs/2307.00144"},
    {"JacotGabrielHongler2018", "A. Jacot, F. Gabriel, C. Hongler", "Neural Tangent Kernel: Convergence and Generalization in Neural Networks",
     "NeurIPS 2018", "https://arxiv.org/abs/1806.07572"},
    {"Watanabe2009", "S. Watanabe", "Algebraic Geometry and Statistical Learning Theory", "Cambridge University Press, 2009", NULL},
};
const size_t nalg_reference_count = sizeof nalg_references / sizeof *nalg_references;
