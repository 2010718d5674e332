/**
 * Application Auto Scaling: targets and policies are kept and checked, nothing is scaled. The resources that it names belong to other packages.
 */
@NullMarked
package dev.isobar.emulator.aws.scaling;

import org.jspecify.annotations.NullMarked;
