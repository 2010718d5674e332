/**
 * SageMaker: training jobs and endpoints are processes of this machine, models, configurations and packages are documents. Nothing of Isobar may come
 * in: what shares code with the adapter would only agree with its mistakes.
 */
@NullMarked
package dev.isobar.emulator.aws.sagemaker;

import org.jspecify.annotations.NullMarked;
