/**
 * Objects in S3: the lake, and whatever else lies under the prefix. One bucket, conditional writes, the transfer manager for files.
 * What the objects mean does not come in here.
 */
@NullMarked
package dev.isobar.aws.s3;

import org.jspecify.annotations.NullMarked;
