/**
 * Planted bugs, for simulation tests only: each breaks one rule, and a checker has to find it. A
 * node never sets them. All are off where they are absent.
 */
export interface ChainFaults {
  /**
   * CON-C2: the own vote counts twice, so q - 1 validators make a certificate, and certificates
   * of q - 1 signatures pass. Found by agreement when a leader equivocates.
   */
  readonly countVoteTwice?: boolean | undefined;
  /**
   * CON-R-F: Finalize is voted although Nullify was voted in the same view. Found by "no validator
   * signs F and X in one view" and, with luck, by agreement. (A signer that checks CON-W refuses.)
   */
  readonly forgetNullification?: boolean | undefined;
  /**
   * CON-W2 to W4: votes come without the certificates that permitted them, and none is stored.
   * Found after a crash: views without any certificate, or progress that never returns.
   */
  readonly lazyCertificates?: boolean | undefined;
  /**
   * CON-R-N: Notarize is voted for each valid proposal of the view. Found by "no validator signs
   * two N in one view" when a leader equivocates. (A signer that checks CON-W refuses.)
   */
  readonly forgetNotarization?: boolean | undefined;
}

export const NO_FAULTS: ChainFaults = {};
