"""Clusters of similar molecules, for splits whose test molecules are dissimilar to all training molecules."""

from rdkit.DataStructs import BulkTanimotoSimilarity
from rdkit.ML.Cluster import Butina

from clm.provenance.command import UserError
from clm.tasks.fingerprints import ecfp_bits

CUTOFF = 0.4  # Tanimoto distance of ECFP4 within which a molecule belongs to the centre of a cluster
LARGEST = 20_000  # molecules: distances of all pairs are held in memory


def butina_clusters(smiles: list[str]) -> list[str]:
    """Return the cluster of each molecule (Butina, J. Chem. Inf. Comput. Sci. 1999, 39, 747), by RDKit.

    Equal molecules have distance 0 and therefore share a cluster. Ties are broken by row order; there is no randomness.

    Raises:
        UserError: there are more distinct molecules than LARGEST.
    """
    unique = list(dict.fromkeys(smiles))
    if len(unique) > LARGEST:
        raise UserError(
            f"split cluster: {len(unique)} distinct molecules, at most {LARGEST} can be clustered; leave the split "
            "or the task out"
        )
    bits, distances = ecfp_bits(unique), []
    for row in range(1, len(bits)):
        distances.extend(BulkTanimotoSimilarity(bits[row], bits[:row], returnDistance=True))
    clusters = Butina.ClusterData(distances, len(unique), CUTOFF, isDistData=True, reordering=True)
    of_molecule = {unique[row]: str(number) for number, rows in enumerate(clusters) for row in rows}
    return [of_molecule[text] for text in smiles]
