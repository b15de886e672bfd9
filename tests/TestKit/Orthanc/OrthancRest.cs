using System.Net.Http.Json;
using System.Text.Json.Serialization;

namespace OrthancCloudFs.TestKit.Orthanc;

/// <summary>
/// The part of Orthanc's REST interface that the tests use. A call that Orthanc refuses throws an <see cref="HttpRequestException"/> with the
/// status code.
/// </summary>
public sealed class OrthancRest(Uri address) : IDisposable
{
    private readonly HttpClient _client = new() { BaseAddress = address, Timeout = TimeSpan.FromMinutes(1) };

    /// <summary>True when it answers.</summary>
    public async Task<bool> AnswersAsync()
    {
        try
        {
            using HttpResponseMessage response = await _client.GetAsync(new Uri("system", UriKind.Relative));
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    /// <summary>Stores a DICOM file; returns Orthanc's name of the instance.</summary>
    public async Task<string> StoreAsync(DicomInstance instance)
    {
        using HttpResponseMessage response = await SendAsync(HttpMethod.Post, "instances", instance.Bytes);
        StoreAnswer? answer = await response.Content.ReadFromJsonAsync<StoreAnswer>();
        return answer?.Status == "Success" ? answer.Id : throw new HttpRequestException($"Orthanc answered {answer?.Status ?? "nothing"}");
    }

    /// <summary>All instances' names.</summary>
    public async Task<string[]> InstancesAsync() => (await _client.GetFromJsonAsync<string[]>("instances"))!;

    /// <summary>The whole DICOM file, read from the storage directory.</summary>
    public Task<byte[]> FileAsync(string instance) => _client.GetByteArrayAsync($"instances/{instance}/file");

    /// <summary>The tags as JSON: Orthanc reads the file only up to the pixel data for that.</summary>
    public Task<string> TagsAsync(string instance) => _client.GetStringAsync($"instances/{instance}/tags?simplify");

    /// <summary>Names of the instance's attachments, such as <c>dicom</c>.</summary>
    public async Task<string[]> AttachmentsAsync(string instance) =>
        (await _client.GetFromJsonAsync<string[]>($"instances/{instance}/attachments"))!;

    /// <summary>Makes Orthanc read an attachment and compare it with the MD5 in its index.</summary>
    public async Task VerifyMd5Async(string instance, string attachment)
    {
        using HttpResponseMessage _ = await SendAsync(HttpMethod.Post, $"instances/{instance}/attachments/{attachment}/verify-md5", []);
    }

    /// <summary>Deletes an instance, and all its attachments.</summary>
    public async Task DeleteInstanceAsync(string instance)
    {
        using HttpResponseMessage _ = await SendAsync(HttpMethod.Delete, $"instances/{instance}", content: null);
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, byte[]? content)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        if (content is not null)
            request.Content = new ByteArrayContent(content);
        HttpResponseMessage response = await _client.SendAsync(request);
        return response.EnsureSuccessStatusCode();
    }

    private sealed record StoreAnswer([property: JsonPropertyName("ID")] string Id, [property: JsonPropertyName("Status")] string Status);
}
