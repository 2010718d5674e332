package dev.isobar.emulator.aws.sagemaker;

import org.jspecify.annotations.Nullable;

/**
 * What scaling sees of a production variant.
 *
 * @param inService whether its endpoint is, so that the variant can be changed
 * @param instances how many are wanted
 * @param failure why the endpoint's last change failed, or null
 */
public record VariantState(
        boolean inService, int instances, @Nullable String failure) {}
