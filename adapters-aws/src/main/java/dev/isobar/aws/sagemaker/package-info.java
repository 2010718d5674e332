/**
 * Training jobs, models and endpoints on SageMaker, with CloudWatch Logs for what they write. The lake comes in as a port and as the address of its root; no
 * other service of AWS may be named here.
 */
@NullMarked
package dev.isobar.aws.sagemaker;

import org.jspecify.annotations.NullMarked;
