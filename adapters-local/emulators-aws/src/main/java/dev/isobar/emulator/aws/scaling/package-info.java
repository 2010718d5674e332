/**
 * Application Auto Scaling: targets, policies, and what they do to the resources that they name. Those resources and the metrics belong to other packages:
 * they are reached by the interfaces here, and nothing of SageMaker or CloudWatch may come in.
 */
@NullMarked
package dev.isobar.emulator.aws.scaling;

import org.jspecify.annotations.NullMarked;
