//! A decision that somebody asks for who acts for the holder (委托代办): nobody's file is read before the delegation was used.

use std::collections::BTreeSet;

use boyin_exempt::Role;
use boyin_model::id::HolderCode;

use super::{ExemptionAnswer, WindowQuestion};
use crate::delegation::{DelegationError, DelegationRefusal, DelegationUse};
use crate::desk::{Desk, Order};
use crate::error::DeskError;
use crate::rotation::check_words;

/// For whom a matter is done, those who are asked first.
const PRINCIPALS: [Role; 2] = [Role::Applicant, Role::Enterprise];

impl Desk {
    /// As [`decide_exemption`](Self::decide_exemption), asked by `agent` for the applicant, or for the enterprise where there is no
    /// applicant, by the holder's delegation of this number: of all license types that the situation asks of that holder in
    /// any role, at least one, for all items of the matter, and for the purpose of the order, word by word. The purpose of the decision
    /// names the delegation, so that the holder sees it beside each read.
    ///
    /// The same order with the same question is the same use, whatever came of it.
    ///
    /// # Errors
    /// [`DelegationRefusal`] within if the holder did not let this person do this: then nothing was read; as
    /// [`decide_exemption`](Self::decide_exemption) within.
    pub fn decide_exemption_for_agent(
        &self,
        question: &WindowQuestion,
        agent: &HolderCode,
        delegation: u64,
        order: &Order,
    ) -> Result<ExemptionAnswer, DelegationError> {
        let named =
            Order { purpose: format!("{}（委托 {delegation}）", order.purpose.trim()), ..order.clone() };
        check_words(&named)?;
        let office = self.office(order.office)?;
        let (items, _) = self.items_at(order.at)?;
        // What is wrong with the question is told before the delegation is used.
        let wanted = question.request(office, order.at).wanted(&items).map_err(DeskError::from)?;
        let principal = PRINCIPALS.into_iter().find_map(|role| question.parties.get(&role));
        let principal = principal.ok_or(DelegationRefusal::None)?;
        // Who is named as the agent is the one who acts.
        if question.parties.get(&Role::Agent).is_some_and(|named| named.holder != *agent) {
            return Err(DelegationRefusal::OtherAgent.into());
        }
        let matter = items.matter(&question.matter, order.at.date());
        let asked = matter.map(|matter| matter.items).unwrap_or_default();
        let asked: Vec<_> =
            asked.into_iter().map(|item| vec![item.key.clone(), item.code.as_str().to_owned()]).collect();
        let own = question.parties.iter().filter(|(_, party)| party.holder == principal.holder);
        let types: BTreeSet<_> = own.filter_map(|(role, _)| wanted.get(role)).flatten().copied().collect();
        let used =
            DelegationUse { number: delegation, agent, license_types: &types, items: &asked, told: "window" };
        self.use_delegation(&principal.holder, &used, &question.canonical(), order)?;
        Ok(self.decide_exemption(question, &named)?)
    }
}
