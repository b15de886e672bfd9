using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using OrthancCloudFs.Buckets;

namespace OrthancCloudFs.TestKit.Google;

/// <summary>"Objects: list" of the JSON API.</summary>
internal static class GoogleListing
{
    private const int LongestPage = 1000;

    internal static JsonObject Page(IReadOnlyList<GoogleObject> all, IQueryCollection query)
    {
        var prefix = query["prefix"].ToString();
        var delimiter = query["delimiter"].ToString();
        var most = int.TryParse(query["maxResults"], CultureInfo.InvariantCulture, out var asked) ? Math.Min(asked, LongestPage) : LongestPage;
        var after = query["pageToken"].ToString() is { Length: > 0 } token ? Encoding.UTF8.GetString(Convert.FromBase64String(token)) : null;
        var (items, prefixes) = (new JsonArray(), new JsonArray());
        string? last = null;
        foreach (var found in all)
        {
            if (!found.Name.StartsWith(prefix, StringComparison.Ordinal))
                continue;
            var end = delimiter.Length > 0 ? found.Name.IndexOf(delimiter, prefix.Length, StringComparison.Ordinal) : -1;
            // What stands for the object in the listing, and, for a folded prefix, for all others of that prefix.
            var entry = end < 0 ? found.Name : found.Name[..(end + delimiter.Length)];
            if (entry == last || (after is not null && ObjectKeyComparer.Instance.Compare(entry, after) <= 0))
                continue;
            if (items.Count + prefixes.Count == most)
                return Result(items, prefixes, last);
            if (end < 0)
                items.Add(found.ToJson());
            else
                prefixes.Add(entry);
            last = entry;
        }
        return Result(items, prefixes, null);
    }

    /// <summary>Empty lists are left out, as Google does.</summary>
    private static JsonObject Result(JsonArray items, JsonArray prefixes, string? next)
    {
        var result = new JsonObject { ["kind"] = "storage#objects" };
        if (items.Count > 0)
            result["items"] = items;
        if (prefixes.Count > 0)
            result["prefixes"] = prefixes;
        if (next is not null)
            result["nextPageToken"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(next));
        return result;
    }
}
