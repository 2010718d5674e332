package dev.isobar.runtime.monitor;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import org.jspecify.annotations.Nullable;

/**
 * One feature, reference against current. A number that does not exist (no rows, no finite value) is null, never NaN.
 *
 * @param name the feature
 * @param psi population stability index over the reference's bins, natural logarithm, 0 for no change; see {@link Distances#psi}
 * @param pValue how often a PSI this large comes by chance at these sample sizes; see {@link Distances#psiPValue}
 * @param ks largest difference of the two distribution functions, 0 to 1; null for discrete features
 * @param ksPValue of {@code ks}; null for discrete features
 * @param js Jensen-Shannon distance over the bins, base 2, 0 to 1
 * @param wasserstein earth mover's distance in the feature's own unit, over its non-null values
 * @param nullRateReference share of nulls, 0 to 1
 * @param nullRateCurrent share of nulls, 0 to 1
 * @param meanReference mean of the finite values
 * @param meanCurrent mean of the finite values
 * @param nReference rows, nulls included
 * @param nCurrent rows, nulls included
 * @since 0.1
 */
@JsonNaming(SnakeCaseStrategy.class)
public record FeatureDrift(
        String name,
        @Nullable Double psi,
        @Nullable Double pValue,
        @Nullable Double ks,
        @JsonProperty("ks_p_value") @Nullable Double ksPValue,
        @Nullable Double js,
        @Nullable Double wasserstein,
        @Nullable Double nullRateReference,
        @Nullable Double nullRateCurrent,
        @Nullable Double meanReference,
        @Nullable Double meanCurrent,
        long nReference,
        long nCurrent) {
    /** Turns what is not finite into null. */
    public FeatureDrift {
        psi = Sentences.finite(psi);
        pValue = Sentences.finite(pValue);
        ks = Sentences.finite(ks);
        ksPValue = Sentences.finite(ksPValue);
        js = Sentences.finite(js);
        wasserstein = Sentences.finite(wasserstein);
        nullRateReference = Sentences.finite(nullRateReference);
        nullRateCurrent = Sentences.finite(nullRateCurrent);
        meanReference = Sentences.finite(meanReference);
        meanCurrent = Sentences.finite(meanCurrent);
    }
}
