// What changed in the statistics of the report since the last one that people may have read, and why.

export const CHANGES = `## What changed in this version

- **Warpage beside untrained networks** was a geometric mean of ratios, pair by pair, which came to 1.96 (1.30 to 2.96). It was driven by pairs that cross no kink of the network, whose distances are rounding. It is the ratio of means now, with networks resampled, and the share of such pairs is printed.
- **Distortion and disentanglement over the layers** had p-values from permutations of the layers. Distortion falls with depth in every network, so its correlation with a score is that of depth with the score, and layers in order are not exchangeable. Eight layers of one trained network cannot decide these claims, and no p-value is given. Where there are many networks, the untrained ones, they are compared at equal depth by permuting networks.
- **Nulls** had three networks, "above all of which" is p = 1/4, and one for the untrained DCI. They have 20 now (p = 1/21 at best), all measured at the same codes, and random axes, which cost less, are drawn hundreds of times.
- **Samples of one network** were resampled as if independent. They are drawn together now. So are codes that took the same of ten random directions, which are a sample of all directions.
- **The number of claims** was not corrected for. It is now, by Holm's method: a verdict is what the correction leaves.
- **Resamples** were 1,000 or 2,000, and permutations of networks 1,999, of which a p-value of a claim in eight parts is 0.008 at best. There are 10,000 now: intervals move in the last digit that is shown, and claims that stood or fell by the number of draws are decided by the data.
- **Codes were divided by their deviations without being centred** before SAP, whose machines penalise the intercept, too. They are centred now.
- **Constant factors** were dropped by MIG, counted as 0 by SAP and as informativeness 1 by DCI. All three leave them out now.
- **How far factors vary** was compared with a bound without an interval. It has one now.`;
