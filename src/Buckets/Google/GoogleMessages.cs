using System.Globalization;
using System.Text.Json.Serialization;
using OrthancCloudFs.Buckets.Transfer;

namespace OrthancCloudFs.Buckets.Google;

/// <summary>What is read of the resource "object" (Cloud Storage JSON API, "Objects").</summary>
/// <param name="Name">The key.</param>
/// <param name="Size">In bytes, as a text.</param>
/// <param name="Updated">When this version was stored.</param>
/// <param name="Generation">What tells versions apart.</param>
internal sealed record StoredObject(string? Name, string? Size, DateTimeOffset Updated, string? Generation)
{
    /// <summary>The fields to ask for.</summary>
    internal const string Fields = "name,size,updated,generation";

    /// <exception cref="BucketException">The answer does not tell the length.</exception>
    internal ObjectInfo ToInfo(string key) => new(key, ByteRanges.RequireLength($"head {key}", Length), Updated, Generation);

    /// <summary>The number in <see cref="Size"/>, if it is one.</summary>
    internal long? Length => long.TryParse(Size, NumberStyles.None, CultureInfo.InvariantCulture, out var length) ? length : null;
}

/// <summary>The answer to a listing (JSON API, "Objects: list").</summary>
internal sealed record ObjectList(StoredObject?[]? Items, string?[]? Prefixes, string? NextPageToken)
{
    internal const string Fields = $"nextPageToken,prefixes,items({StoredObject.Fields})";
}

/// <summary>The answer to a copy (JSON API, "Objects: rewrite"): done, or to be asked again with the token.</summary>
internal sealed record Rewrite(bool Done, string? RewriteToken);

/// <summary>What an upload says of its object: with the checksum, Google refuses a body that does not have it.</summary>
internal sealed record NewObject(string Name, string ContentType, string? Crc32c = null);

/// <summary>An answer that is no success (JSON API, "HTTP status and error codes for JSON").</summary>
internal sealed record ErrorAnswer(ErrorAnswer.Body? Error)
{
    internal sealed record Body(string? Message, Detail?[]? Errors);

    internal sealed record Detail(string? Reason);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(StoredObject))]
[JsonSerializable(typeof(ObjectList))]
[JsonSerializable(typeof(NewObject))]
[JsonSerializable(typeof(Rewrite))]
[JsonSerializable(typeof(ErrorAnswer))]
internal sealed partial class GoogleJson : JsonSerializerContext;
