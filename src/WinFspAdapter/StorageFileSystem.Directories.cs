using OrthancCloudFs.WinFspAdapter.Underlay;
using WinFspBinding;

namespace OrthancCloudFs.WinFspAdapter;

/// <summary>Listings.</summary>
public sealed partial class StorageFileSystem
{
    /// <inheritdoc/>
    public override NtStatus ReadDirectory(ulong handle, in ReadDirectoryRequest request, out uint transferred)
    {
        transferred = 0;
        OpenItem? item = _items.Find(handle);
        if (item is OpenUnderlayItem local)
            return local.ReadDirectory(request, out transferred);
        if (item is not OpenFolder folder)
            return item is null ? NtStatus.InvalidHandle : NtStatus.NotADirectory;
        string? marker = request.Marker;
        ListingWriter writer = request.CreateWriter();
        if (request.Defer() is not { } reply)
            return NtStatus.ShutdownInProgress;
        _ = ListAsync();
        return NtStatus.Pending;

        async Task ListAsync()
        {
            try
            {
                using var deadline = new CancellationTokenSource(_options.OperationDeadline);
                reply.Complete(NtStatus.Success, await folder.Listing.ReadAsync(marker, writer, deadline.Token).ConfigureAwait(false));
            }
            catch (Exception e)
            {
                reply.Complete(StatusOf(e));
            }
        }
    }
}
