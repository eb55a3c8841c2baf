//! Reading the audit log: by the person it is about, by who represents them, by programs with the scope for it.

use crate::audit::{self, Deed, Entry};
use crate::decide::{Act, Reason};
use crate::facts::refusal;
use crate::gate::problem;
use crate::hidden::Hidden;
use crate::search::Found;
use crate::session::Session;
use bytes::Bytes;
use socle_kernel::{HomeId, Key, Problem, Subject, resource_type};

impl Session {
    /// Lines of a home's log, newest first, as this caller may see them: `(key of the line, entry)`. Lines that only
    /// concern what is hidden from the caller are left out. Only the person, who represents them, and programs read a log.
    pub async fn log(
        &self,
        home: HomeId,
        before: Option<Key>,
        limit: usize,
    ) -> Result<Vec<(Key, Entry)>, Problem> {
        let (standing, _) = self.standing(home).await?;
        let scope = (!self.may_read_log()).then_some(Reason::Scope);
        if let Some(reason) = standing.refused.or(scope) {
            self.trace_refusal(home, Deed::ReadLog, reason, "AuditEvent");
            return Err(refusal(reason));
        }
        if matches!(self.principal.subject, Subject::Professional(_)) && self.own_home() != Some(home) {
            self.trace_refusal(home, Deed::ReadLog, Reason::MayNotWrite, "AuditEvent");
            return Err(refusal(Reason::NoRelation));
        }
        let hidden = self.hidden_in(home).await?;
        let mut lines = Vec::with_capacity(limit);
        let mut before = before.map(|key| key.seq);
        while lines.len() < limit {
            let batch = {
                let mut snapshot = self.snapshot().await?;
                snapshot.audit(home, before, limit).await.map_err(problem)?
            };
            let is_last = batch.len() < limit;
            before = batch.last().map(|line| line.seq);
            for line in batch {
                let key = audit::event_key(home, line.seq);
                let Some(bytes) = line.entry else { continue };
                let entry = Entry::decode(&bytes).ok_or_else(|| Problem::internal("unreadable log entry"))?;
                lines.extend(self.without_hidden(entry, &hidden).map(|entry| (key, entry)));
            }
            if is_last {
                break;
            }
        }
        lines.truncate(limit);
        self.trace(home, Deed::ReadLog, standing.relation.code(), None, "AuditEvent", "");
        Ok(lines)
    }

    /// Do the scopes cover the log? An administrator without health scopes reads nobody's.
    fn may_read_log(&self) -> bool {
        crate::scopes::allow(&self.principal, Act::Read, resource_type::AUDIT_EVENT)
    }

    fn without_hidden(&self, mut entry: Entry, hidden: &Hidden) -> Option<Entry> {
        if hidden.keys.is_empty() || entry.what.is_empty() {
            return Some(entry);
        }
        entry.what.retain(|entity| entity.key().is_none_or(|key| !hidden.keys.contains(&key)));
        (!entry.what.is_empty()).then_some(entry)
    }

    pub(crate) async fn read_event(&self, key: Key) -> Result<Option<Found>, Problem> {
        let after = socle_kernel::ids::Seq::new(key.seq.number() + 1);
        let line = {
            let mut snapshot = self.snapshot().await?;
            snapshot.audit(key.home, after, 1).await.map_err(problem)?.pop()
        };
        let Some(line) = line.filter(|line| line.seq == key.seq) else { return Ok(None) };
        let visible = self.log_line(key, line.entry.as_deref()).await?;
        if visible.is_some() {
            self.trace(key.home, Deed::ReadLog, "log", None, "AuditEvent", "");
        }
        Ok(visible)
    }

    /// A line of the log as an `AuditEvent`, when this caller may see it.
    pub(crate) async fn log_line(&self, key: Key, bytes: Option<&[u8]>) -> Result<Option<Found>, Problem> {
        let (standing, _) = self.standing(key.home).await?;
        let is_system = matches!(self.principal.subject, Subject::System(_));
        let is_own = self.own_home() == Some(key.home) || self.principal.person_home() == Some(key.home);
        if standing.refused.is_some() || !(is_system || is_own) || !self.may_read_log() {
            return Ok(None);
        }
        let hidden = self.hidden_in(key.home).await?;
        let Some(entry) = bytes.and_then(Entry::decode).and_then(|entry| self.without_hidden(entry, &hidden))
        else {
            return Ok(None);
        };
        let patient = self.patient_of(key.home).await?;
        let event = entry.to_audit_event(key, self.gate.cipher(), patient);
        Ok(Some(Found {
            key,
            id: self.gate.cipher().seal(key),
            version: 1,
            deleted: false,
            last_updated: entry.at,
            labels: 0,
            is_current: true,
            content: None,
            body: Bytes::from(socle_fhir::json::to_text(&event)),
        }))
    }
}
