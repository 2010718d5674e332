package dev.isobar.emulator.aws.sagemaker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.isobar.emulation.state.Documents;
import dev.isobar.emulator.aws.wire.Members;
import dev.isobar.emulator.aws.wire.Rule;
import dev.isobar.emulator.aws.wire.ServiceError;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The operations on model packages: versions of a group, or packages of their own name. They are Completed at once; nothing is validated or scanned, and
 * unlike the service nobody looks whether image and model data are there. Thread safe.
 *
 * <p>Not verified: the words for a package that is missing.
 *
 * @see <a href="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModelPackage.html">CreateModelPackage</a>
 * @see <a href="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateModelPackage.html">UpdateModelPackage</a>
 */
final class ModelPackages {
    private static final String KIND = "model-package";
    private static final Rule NAME_OR_ARN = Rule.pattern(
            1,
            176,
            "(arn:aws[a-z\\-]*:sagemaker:[a-z0-9\\-]*:[0-9]{12}:[a-z\\-]*\\/)?([a-zA-Z0-9]([a-zA-Z0-9-]){0,62})(?<!-)(\\/[0-9]{1,9})?");
    private static final Rule APPROVAL = Rule.oneOf("Approved", "Rejected", "PendingManualApproval");
    private static final Rule METADATA_KEY = Rules.TAG_KEY;
    private static final Rule METADATA_VALUE = Rules.TAG_VALUE;
    private static final Rule TOKEN = Rule.pattern(1, 36, "[a-zA-Z0-9-]+");
    private static final String METADATA = "CustomerMetadataProperties";
    private static final int MAX_METADATA = 50;
    private static final List<String> REPLACED = List.of(
            "ModelApprovalStatus", "ApprovalDescription", "InferenceSpecification", "SourceUri", "ModelLifeCycle");

    private final Documents packages;
    private final ModelPackageGroups groups;
    private final Arns arns;

    ModelPackages(Documents packages, ModelPackageGroups groups, Arns arns) {
        this.packages = packages;
        this.groups = groups;
        this.arns = arns;
    }

    synchronized ObjectNode create(ObjectNode request) {
        Members in = Members.of(request);
        String name = in.optionalText("ModelPackageName", Rules.NAME);
        String groupName = in.optionalText("ModelPackageGroupName", ModelPackageGroups.NAME_OR_ARN);
        in.optionalText("ModelPackageDescription", Rules.TEXT_1024);
        in.optionalText("ModelApprovalStatus", APPROVAL);
        in.map(METADATA, MAX_METADATA, METADATA_KEY, METADATA_VALUE);
        String token = in.optionalText("ClientToken", TOKEN);
        inference(in);
        ObjectNode made = request.deepCopy();
        made.remove(List.of("Tags", "ClientToken"));
        made.set("_Tags", Rules.tags(in));
        in.check();
        if ((name == null) == (groupName == null)) {
            throw ServiceError.validation("Either ModelPackageName or ModelPackageGroupName must be given");
        }
        ObjectNode before = token == null ? null : byToken(token);
        if (before != null) {
            return answer(before);
        }
        String key;
        if (groupName != null) {
            ObjectNode group = groups.find(groupName);
            String full = group.path("ModelPackageGroupName").asText();
            int version = groups.next(group);
            key = Arns.key(full) + "/" + version;
            made.put("ModelPackageName", full);
            made.put("ModelPackageGroupName", full);
            made.put("ModelPackageVersion", version);
            made.put(Rules.ORDER, String.format("%s/%09d", full, version));
            if (!made.hasNonNull("ModelApprovalStatus")) {
                made.put("ModelApprovalStatus", "PendingManualApproval");
            }
        } else {
            key = Arns.key(String.valueOf(name));
            made.put(Rules.ORDER, key);
        }
        made.put("ModelPackageArn", arns.of(KIND, key));
        made.put("CreationTime", Rules.now());
        made.put("ModelPackageStatus", "Completed");
        made.putObject("ModelPackageStatusDetails").putArray("ValidationStatuses");
        if (token != null) {
            made.put("_ClientToken", token);
        }
        if (!packages.create(key, made)) {
            throw new ServiceError(
                    400,
                    "ConflictException",
                    "Model Package already exists: "
                            + made.path("ModelPackageArn").asText());
        }
        return answer(made);
    }

    ObjectNode describe(ObjectNode request) {
        String key = key(request, "ModelPackageName");
        return Rules.described(packages.get(key).orElseThrow(() -> missing(key)));
    }

    ObjectNode list(ObjectNode request) {
        Members in = Members.of(request);
        String groupName = in.optionalText("ModelPackageGroupName", ModelPackageGroups.NAME_OR_ARN);
        String approval = in.textOr("ModelApprovalStatus", "", APPROVAL);
        String type = in.textOr("ModelPackageType", "Unversioned", Rule.oneOf("Versioned", "Unversioned", "Both"));
        in.check();
        String group = groupName == null
                ? ""
                : groups.find(groupName).path("ModelPackageGroupName").asText();
        Stream<ObjectNode> found = packages.all().stream()
                .filter(some -> approval.isEmpty()
                        || some.path("ModelApprovalStatus").asText().equals(approval))
                .filter(some -> {
                    boolean versioned = some.has("ModelPackageGroupName");
                    return group.isEmpty()
                            ? type.equals("Both") || versioned == type.equals("Versioned")
                            : some.path("ModelPackageGroupName").asText().equals(group);
                });
        return Rules.list(
                request,
                found,
                "ModelPackageName",
                "",
                true,
                "ModelPackageSummaryList",
                some -> Rules.some(
                        some,
                        "ModelPackageName",
                        "ModelPackageGroupName",
                        "ModelPackageVersion",
                        "ModelPackageArn",
                        "ModelPackageDescription",
                        "CreationTime",
                        "ModelPackageStatus",
                        "ModelApprovalStatus",
                        "ModelLifeCycle"));
    }

    ObjectNode update(ObjectNode request) {
        Members in = Members.of(request);
        String key = key(request, "ModelPackageArn");
        in.optionalText("ModelApprovalStatus", APPROVAL);
        in.optionalText("ApprovalDescription", Rules.TEXT_1024);
        in.map(METADATA, MAX_METADATA, METADATA_KEY, METADATA_VALUE);
        List<String> removed = in.texts("CustomerMetadataPropertiesToRemove", 0, MAX_METADATA, METADATA_KEY);
        inference(in);
        in.check();
        ObjectNode updated = packages.update(key, found -> {
                    for (String member : REPLACED) {
                        if (in.has(member)) {
                            found.set(member, request.get(member));
                        }
                    }
                    ObjectNode metadata = found.withObjectProperty(METADATA);
                    request.path(METADATA)
                            .properties()
                            .forEach(entry -> metadata.set(entry.getKey(), entry.getValue()));
                    metadata.remove(removed);
                    if (metadata.size() > MAX_METADATA) {
                        throw ServiceError.validation(
                                "A model package has " + MAX_METADATA + " " + METADATA + " at most");
                    }
                    if (metadata.isEmpty()) {
                        found.remove(METADATA);
                    }
                    found.put("LastModifiedTime", Rules.now());
                })
                .orElseThrow(() -> missing(key));
        return answer(updated);
    }

    ObjectNode delete(ObjectNode request) {
        String key = key(request, "ModelPackageName");
        if (!packages.delete(key)) {
            throw missing(key);
        }
        return JsonNodeFactory.instance.objectNode();
    }

    private static void inference(Members in) {
        for (Members container : in.optionalObject("InferenceSpecification").objects("Containers", 1, 15)) {
            container.text("Image", Rules.IMAGE);
            container.optionalText("ModelDataUrl", Rules.S3_URI);
            container.map("Environment", 100, Rules.ENVIRONMENT_KEY, Rules.TEXT_1024);
        }
    }

    private @Nullable ObjectNode byToken(String token) {
        return packages.all().stream()
                .filter(some -> some.path("_ClientToken").asText().equals(token))
                .findFirst()
                .orElse(null);
    }

    private String key(ObjectNode request, String member) {
        Members in = Members.of(request);
        String nameOrArn = in.text(member, NAME_OR_ARN);
        in.check();
        return Arns.key(arns.name(KIND, nameOrArn));
    }

    private ServiceError missing(String key) {
        return ServiceError.validation("ModelPackage " + arns.of(KIND, key) + " does not exist.");
    }

    private static ObjectNode answer(JsonNode made) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("ModelPackageArn", made.path("ModelPackageArn").asText());
    }
}
