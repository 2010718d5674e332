package dev.isobar.emulator.aws.sagemaker;

import dev.isobar.emulation.process.Children;
import dev.isobar.emulation.process.ImageTable;
import dev.isobar.emulator.aws.logs.LogStore;

/** What a process that stands in for a container needs of this machine, whether it trains or serves. Thread safe. */
record Host(Children children, ImageTable images, S3Files s3, LogStore logs, SageMakerSettings settings) {}
