namespace OrthancCloudFs.Attachments;

/// <summary>What the bucket has not confirmed yet and the state directory remembers: the next start goes on with it.</summary>
/// <param name="Deletes">Objects still to be deleted.</param>
/// <param name="Uploads">Attachments that are acknowledged and not in the bucket yet.</param>
public readonly record struct PendingWork(int Deletes, int Uploads)
{
    /// <summary>Nothing is left.</summary>
    public bool IsNone => Deletes == 0 && Uploads == 0;
}
